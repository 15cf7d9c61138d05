import type { SubmissionMetadata } from "../../appliance/xds/index.ts";
import { ASSOCIATION, ORIGINAL } from "../../appliance/xds/index.ts";

const code = { code: "31", scheme: "1.2.250.1.213.1.1.4.1", display: 'Imagerie médicale <&">' };
const author = {
  person: "1^DRIMbox^ACME^^^^^^&1.2&ISO^U^^^EI",
  institutions: ["IMAGERIE^^^^^&1.2&ISO^IDNST^^^1750099999"],
};

/** A submission of one document, with markup characters where free text may stand. */
export const metadata: SubmissionMetadata = {
  submissionSet: {
    id: "SubmissionSet01",
    uniqueId: "2.25.1",
    sourceId: "1.2.3",
    patientId: "285017500000130^^^&1.2.250.1.213.1.4.10&ISO^NH",
    submissionTime: "20260112081500",
    title: 'Titre d\'un lot <é> & "co"',
    authors: [author],
    contentTypeCode: code,
  },
  documents: [
    {
      id: "DocumentKOS",
      mimeType: "application/dicom",
      uniqueId: "2.25.2",
      patientId: "285017500000130^^^&1.2.250.1.213.1.4.10&ISO^NH",
      title: "Titre",
      creationTime: "20260112081500",
      languageCode: "fr-FR",
      legalAuthenticator: "8^MARTIN^CLAIRE^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS",
      serviceStartTime: "20260112080000",
      sourcePatientId: "IPP1^^^&1.2.3&ISO^PI",
      sourcePatientInfo: ["PID-5|DURAND^ANNE^^^^^L", "PID-8|F"],
      hash: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      size: 5,
      referenceIdList: ["A1^^^&1.2&ISO^urn:ihe:iti:xds:2013:accession"],
      authors: [{ ...author, roles: ["rôle"], specialties: ["G15_10/SM44^x^1.2"] }],
      classCode: code,
      typeCode: code,
      formatCode: code,
      confidentialityCodes: [code, code],
      healthcareFacilityTypeCode: code,
      practiceSettingCode: code,
      eventCodeList: [code],
    },
  ],
  associations: [{ type: ASSOCIATION.signs, source: "DocumentKOS", target: "SubmissionSet01", slots: ORIGINAL }],
};
