/** What the link of a report leads to (RAD-106): who opens it, the patients' portal or the login, the viewer. */
export { viewerErrors } from "./errors.ts";
export type { Exams, KnownExam, Link, LinkedExam, Opening, Shown, Viewer } from "./model.ts";
export { seriesList } from "./series-list.ts";
export { openViewerService, type ViewerService, type ViewerServiceOptions } from "./service.ts";
