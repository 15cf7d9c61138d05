/** Every error that the box can tell an operator. */
import { auditErrors } from "../audit/index.ts";
import { type ErrorDefinition, fill } from "../base/index.ts";
import { cacheErrors } from "../cache/index.ts";
import { cdaErrors } from "../cda/index.ts";
import type { Explanation } from "../console/index.ts";
import { dicomErrors } from "../dicom/index.ts";
import { dicomwebErrors } from "../dicomweb/index.ts";
import { dimseErrors } from "../dimse/index.ts";
import { dmpErrors } from "../dmp/index.ts";
import { hl7Errors } from "../hl7/index.ts";
import { identityErrors } from "../identity/index.ts";
import { imagesErrors } from "../images/index.ts";
import { kosErrors } from "../kos/index.ts";
import { pacsErrors } from "../pacs/index.ts";
import { pixelsErrors } from "../pixels/index.ts";
import { sourceErrors, toolErrors } from "../source/index.ts";
import { statisticsErrors } from "../statistics/index.ts";
import { storeErrors } from "../store/index.ts";
import { backupErrors } from "../system/index.ts";
import { trustErrors } from "../trust/index.ts";
import { viewerErrors } from "../viewer/index.ts";
import { xdmErrors } from "../xdm/index.ts";
import { xdsErrors } from "../xds/index.ts";

/** The sentences of any error code that an exam may bear, with the facts of its case. */
export function explain(code: string, facts: Readonly<Record<string, unknown>>): Explanation | undefined {
  const definition = catalogue[code];
  return definition && { message: fill(definition.message.fr, facts), remedy: fill(definition.remedy.fr, facts) };
}

const catalogue: Readonly<Record<string, ErrorDefinition>> = Object.assign(
  {},
  ...[
    sourceErrors,
    toolErrors,
    pacsErrors,
    dmpErrors,
    storeErrors,
    trustErrors,
    auditErrors,
    statisticsErrors,
    xdmErrors,
    backupErrors,
    cacheErrors,
    identityErrors,
    imagesErrors,
    pixelsErrors,
    dicomwebErrors,
    viewerErrors,
  ].map(({ definitions }) => definitions),
  ...[hl7Errors, cdaErrors, dicomErrors, dimseErrors, kosErrors, xdsErrors].map(({ definitions }) => definitions),
);
