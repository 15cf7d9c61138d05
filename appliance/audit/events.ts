/** Every event of the trail, and what it is for DICOM (PS3.15 A.5.3) and IHE (ITI TF-2 3.20, RAD TF-3 5.1). */

export interface Code {
  readonly code: string;
  readonly scheme: "DCM" | "RFC-3881" | "IHE Transactions" | "IHE XDS Metadata" | "DRIMbox";
  readonly text: string;
}

/** EventActionCode: create, read, update, delete, execute. */
export type Action = "C" | "R" | "U" | "D" | "E";

export interface AuditEvent {
  /** For an operator, in French. */
  readonly label: string;
  readonly id: Code;
  readonly action: Action;
  readonly types: readonly Code[];
  /** What the box was in it. */
  readonly box: "source" | "destination" | "application";
  /** Who began it: exactly one side is the requestor (PS3.15 A.5.3.4, A.5.3.5). */
  readonly requestor: "box" | "peer" | "user";
}

const dicom = (code: string, text: string): Code => ({ code, scheme: "DCM", text });
const ihe = (code: string, text: string): Code => ({ code, scheme: "IHE Transactions", text });
const own = (code: string, text: string): Code => ({ code, scheme: "DRIMbox", text });

const ApplicationActivity = dicom("110100", "Application Activity");
const AuditLogUsed = dicom("110101", "Audit Log Used");
const InstancesAccessed = dicom("110103", "DICOM Instances Accessed");
const InstancesTransferred = dicom("110104", "DICOM Instances Transferred");
const Export = dicom("110106", "Export");
const Import = dicom("110107", "Import");
const OrderRecord = dicom("110109", "Order Record");
const ProcedureRecord = dicom("110111", "Procedure Record");
const Query = dicom("110112", "Query");
const UserAuthentication = dicom("110114", "User Authentication");
const SecurityAlert = dicom("110113", "Security Alert");

const ProvideAndRegister = ihe("ITI-41", "Provide and Register Document Set-b");
const UpdateDocumentSet = ihe("ITI-57", "Update Document Set");
const RegistryStoredQuery = ihe("ITI-18", "Registry Stored Query");

const received = (label: string, id: Code, ...types: Code[]): AuditEvent => ({
  ...{ label, id, action: "C", types, box: "destination", requestor: "peer" },
});
const sent = (label: string, id: Code, action: Action, ...types: Code[]): AuditEvent => ({
  ...{ label, id, action, types, box: "source", requestor: "box" },
});
const asked = (label: string, id: Code, action: Action, ...types: Code[]): AuditEvent => ({
  ...{ label, id, action, types, box: "source", requestor: "peer" },
});
const inside = (label: string, id: Code, action: Action, ...types: Code[]): AuditEvent => ({
  ...{ label, id, action, types, box: "application", requestor: "user" },
});
const alert = (label: string, type: Code): AuditEvent => ({
  ...{ label, id: SecurityAlert, action: "E", types: [type], box: "application", requestor: "box" },
});

export const auditEvents = {
  "report-received": received("compte rendu reçu", Import, ihe("RAD-128", "Send Imaging Result")),
  "order-received": received("demande reçue", OrderRecord, ihe("RAD-4", "Procedure Scheduled")),
  "note-received": received("note de rejet reçue", InstancesTransferred, ihe("RAD-66", "Rejection Note Stored")),
  "message-refused": received("message refusé", Import, own("message-refused", "Message refused")),

  "manifest-published": sent("manifeste publié", Export, "R", ProvideAndRegister),
  "manifest-replaced": sent("manifeste remplacé", Export, "R", ProvideAndRegister, own("replace", "Replacement")),
  "manifest-deleted": sent("manifeste supprimé", Export, "U", UpdateDocumentSet, own("delete", "Deletion")),
  "record-queried": sent("DMP interrogé", Query, "E", RegistryStoredQuery),
  "pacs-queried": sent("PACS interrogé", Query, "E"),

  "images-sent": asked("images transmises", InstancesTransferred, "R", ihe("RAD-107", "WADO-RS Retrieve")),

  "link-opened": asked("lien d'un compte rendu ouvert", InstancesAccessed, "R", ihe("RAD-106", "Invoke Image Display")),
  "professional-login": asked("connexion d'un professionnel", UserAuthentication, "E", dicom("110122", "Login")),
  "professional-logout": asked("déconnexion d'un professionnel", UserAuthentication, "E", dicom("110123", "Logout")),

  "exam-retried": inside("examen relancé", ProcedureRecord, "U", own("retry", "Exam taken up again")),
  "exam-withdrawn": inside("examen retiré du DMP", ProcedureRecord, "U", own("withdraw", "Exam withdrawn")),
  "exam-restored": inside("examen rétabli", ProcedureRecord, "U", own("restore", "Exam given back to the record")),
  "message-set-aside": inside("message écarté", ProcedureRecord, "U", own("set-aside", "Message set aside")),
  "message-restored": inside("message repris", ProcedureRecord, "U", own("take-up", "Message taken up again")),
  "message-replayed": inside("message rejoué", ProcedureRecord, "U", own("replay", "Message replayed")),
  "job-cancelled": inside("traitement annulé", ProcedureRecord, "U", own("job-cancel", "Job cancelled")),
  "job-started": inside("traitement lancé", ProcedureRecord, "U", own("job", "Job started")),
  "archive-exported": inside("archive exportée", Export, "R", own("archive-export", "Archive exported")),
  "archive-imported": inside("archive importée", Import, "C", own("archive-import", "Archive imported")),
  "backup-made": inside("sauvegarde faite", Export, "R", own("backup", "Backup made")),
  "backup-restored": inside("sauvegarde restaurée", Import, "C", own("restore-backup", "Backup restored")),
  "configuration-changed": alert("configuration modifiée", dicom("110131", "Software Configuration")),

  "application-started": inside("démarrage", ApplicationActivity, "E", dicom("110120", "Application Start")),
  "application-stopped": inside("arrêt", ApplicationActivity, "E", dicom("110121", "Application Stop")),
  "certificate-refused": alert("certificat refusé", dicom("110126", "Node Authentication")),
  "peer-refused": alert("correspondant refusé", dicom("110126", "Node Authentication")),

  "audit-begun": alert("traces d'audit commencées", dicom("110134", "Audit Recording Started")),
  "audit-purged": alert("traces d'audit échues effacées", own("audit-purge", "Audit records past retention removed")),
  "audit-used": inside("traces d'audit consultées", AuditLogUsed, "R"),
  "audit-verified": inside("traces d'audit vérifiées", AuditLogUsed, "R", own("audit-verify", "Chain verified")),
} as const satisfies Readonly<Record<string, AuditEvent>>;

export type AuditEventName = keyof typeof auditEvents;

/** The event of a record; one of another version of the software is told as an activity of the application. */
export function eventOf(name: string): AuditEvent {
  return (auditEvents as Readonly<Record<string, AuditEvent>>)[name] ?? unknownEvent(name);
}

function unknownEvent(name: string): AuditEvent {
  return inside(name, ApplicationActivity, "E", own(name, name));
}
