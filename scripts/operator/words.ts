/** The box's own words, in French. */

export const states: Readonly<Record<string, string>> = {
  searching: "recherchés",
  checking: "vérifiés",
  publishing: "en envoi",
  published: "publiés",
  parked: "à traiter",
  closed: "clos",
};

/** An exam's state. */
export const state: Readonly<Record<string, string>> = {
  searching: "recherché",
  checking: "vérifié",
  publishing: "en envoi",
  published: "publié",
  parked: "à traiter",
  closed: "clos",
};

export const records: Readonly<Record<string, string>> = {
  absent: "rien au DMP",
  unsure: "au DMP, peut-être",
  present: "au DMP",
};

export const causes: Readonly<Record<string, string>> = {
  report: "compte rendu",
  order: "demande",
  note: "note de rejet",
  recheck: "contrôle après publication",
  resync: "resynchronisation",
  address: "changement d'adresse",
  person: "exploitant",
};

/** Lines of a timeline. */
export const kinds: Readonly<Record<string, string>> = {
  opened: "compte rendu reçu",
  "report-received": "compte rendu reçu",
  "report-replaced": "compte rendu remplacé",
  "report-deleted": "compte rendu supprimé",
  "report-repeated": "compte rendu répété, sans effet",
  "order-received": "demande reçue",
  "note-received": "note de rejet reçue",
  absent: "examen absent du PACS",
  fault: "échec passager",
  doubted: "mis en attente",
  ended: "clos",
  due: "contrôle",
  unchanged: "inchangé",
  gone: "images absentes du PACS, manifeste gardé",
  prepared: "envoi préparé",
  registered: "déjà enregistré au DMP",
  unregistered: "absent du DMP",
  refused: "refusé",
  published: "publié au DMP",
  withdrawn: "retiré du DMP",
  retried: "relancé par l'exploitant",
  decided: "décision de l'exploitant",
  resynced: "resynchronisation",
  readdressed: "changement d'adresse",
  imported: "importé d'une archive",
};

export const messageKinds: Readonly<Record<string, string>> = {
  report: "compte rendu",
  order: "demande",
  note: "note de rejet",
};

export const actions: Readonly<Record<string, string>> = {
  create: "création",
  replace: "remplacement",
  delete: "suppression",
};

export const messageStates: Readonly<Record<string, string>> = {
  received: "à ouvrir",
  opened: "ouvert",
  refused: "refusé",
  unreadable: "illisible",
};

/** Kinds of long work. */
export const jobs: Readonly<Record<string, string>> = {
  resync: "resynchronisation",
  readdress: "changement d'adresse",
  export: "export",
  import: "import",
  retry: "relance",
  speedtest: "mesure de débit",
};

export const jobStates: Readonly<Record<string, string>> = {
  running: "en cours",
  done: "terminé",
  cancelled: "annulé",
  failed: "interrompu",
};

export const results: Readonly<Record<string, string>> = {
  unchanged: "inchangés",
  replaced: "remplacés",
  withdrawn: "retirés",
  waiting: "à traiter",
  busy: "déjà en cours",
  "without-report": "sans compte rendu (importés)",
  exported: "exportés",
  imported: "importés",
  known: "déjà connus",
  refused: "refusés",
  retried: "relancés",
  received: "images reçues",
};
