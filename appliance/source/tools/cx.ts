/** The identifier and the authority of a patient as XDS writes them, `value^^^&oid&ISO^type`; empty where it says nothing. */
export function patientOf(cx: string): { readonly ins: string; readonly insOid: string } {
  const [ins = "", , , authority = ""] = cx.split("^");
  return { ins, insOid: authority.split("&")[1] ?? "" };
}
