import { describe, expect, it } from "vitest";
import type { DmpCode } from "../../appliance/dmp/index.ts";
import { isAboutState, registryFault } from "../../appliance/dmp/outcomes.ts";
import type { RegistryAnswer } from "../../appliance/xds/index.ts";

/** Every code of ITI TF-3 table 4.2.4.1-2, of XDS Metadata Update and of ITI-62/86: what becomes of the work. */
const EXPECTED: Readonly<Record<"never" | "state" | "later" | "human", Readonly<Partial<Record<DmpCode, string>>>>> = {
  never: {
    DMP_REFUSED: `XDSMissingDocument XDSMissingDocumentMetadata XDSRegistryMetadataError XDSRepositoryMetadataError
      XDSRegistryDuplicateUniqueIdInMessage XDSRepositoryDuplicateUniqueIdInMessage XDSNonIdenticalHash
      XDSNonIdenticalSize XDSPatientIdDoesNotMatch XDSStoredQueryMissingParam XDSStoredQueryParamNumber
      XDSUnknownStoredQuery InvalidDocumentContent XDSObjectTypeError XDSMetadataIdentifierError
      UnmodifiableMetadataError XDSMetadataAnnotationError ReferencesExistException XDSUnreferencedObjectException`,
    DMP_TARGET_REFUSED: "XDSMetadataUpdateError XDSMetadataUpdateOperationError UnresolvedReferenceException",
  },
  state: {
    DMP_DUPLICATE_CONFLICT: "XDSDuplicateUniqueIdInRegistry",
    DMP_STATE_CONFLICT: `XDSRegistryDeprecatedDocumentError XDSReplaceFailed XDSMetadataVersionError
      XDSPatientIDReconciliationError XDSRemoveDocumentsError`,
  },
  later: {
    DMP_BUSY: `XDSRegistryBusy XDSRepositoryBusy XDSRegistryOutOfResources XDSRepositoryOutOfResources
      XDSRegistryNotAvailable XDSUnavailableCommunity DocumentQueued`,
  },
  human: {
    DMP_PATIENT_UNKNOWN: "XDSUnknownPatientId",
    DMP_PATIENT_CLOSED: "DMPClosed",
    DMP_POLICY_REFUSED: "LocalPolicyRestrictionError",
    DMP_TOO_MANY_RESULTS: "XDSTooManyResults",
    DMP_REGISTRY_ERROR: `XDSUnknownRepositoryId XDSDocumentUniqueIdError XDSResultNotSinglePatient XDSUnknownCommunity
      XDSMissingHomeCommunityId XDSRegistryError XDSRepositoryError PartialReplaceContentNotProcessed AnotherOne`,
  },
};

const rows = Object.entries(EXPECTED).flatMap(([outcome, table]) =>
  Object.entries(table).flatMap(([meaning, codes]) =>
    codes.split(/\s+/).map((code) => [code, outcome, meaning] as const),
  ),
);
const refused = (...codes: string[]): RegistryAnswer => ({
  status: "Failure",
  errors: codes.map((code) => ({ code, context: "", severity: "Error" })),
  documents: [],
  objectRefs: [],
});

describe("a registry error", () => {
  it.each(rows)("%s: %s (%s)", (code, outcome, meaning) => {
    const retry = outcome === "state" ? "human" : outcome;
    expect(registryFault(refused(code), undefined)).toMatchObject({ code: meaning, retry });
  });

  it.each(rows)("%s sends us back to ask only when it is about the state of documents", (code, outcome, meaning) => {
    const asks = outcome === "state" || meaning === "DMP_TARGET_REFUSED";
    expect(isAboutState(refused(code), undefined)).toBe(asks);
    expect(isAboutState(refused(code, "XDSRegistryBusy"), undefined)).toBe(false);
    expect(isAboutState(refused(code), { [code]: "DMP_STATE_CONFLICT" })).toBe(true);
  });

  it("that is only a warning decides nothing", () => {
    const warned: RegistryAnswer = {
      ...refused("XDSReplaceFailed"),
      errors: [
        { code: "XDSReplaceFailed", context: "", severity: "Error" },
        { code: "XDSExtraMetadataNotSaved", context: "", severity: "Warning" },
      ],
    };
    expect(isAboutState(warned, undefined)).toBe(true);
    expect(isAboutState({ ...warned, errors: warned.errors.slice(1) }, undefined)).toBe(false);
  });
});
