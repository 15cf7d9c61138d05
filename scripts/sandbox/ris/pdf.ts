/** A PDF of one page, of our own making, as small or as big as a test wants. */

/**
 * One A4 page with one line of text (WinAnsi characters). With `bytes`, the file is filled to that size with a stream
 * that no page shows.
 */
export function samplePdf(line: string, bytes = 0): Buffer {
  const shown = line.replace(/[\\()]/g, "\\$&");
  const content = `BT /F1 14 Tf 72 770 Td (${shown}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    stream(content),
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
  ];
  const small = assemble(objects);
  return bytes <= small.length ? small : assemble([...objects, stream("%".repeat(bytes - small.length))]);
}

function stream(content: string): string {
  return `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
}

/** Header, objects, cross-reference table, trailer (ISO 32000-1, 7.5). One character is one byte. */
function assemble(objects: readonly string[]): Buffer {
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, i) => {
    const offset = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const entries = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${entries}`;
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(file + table + trailer, "latin1");
}
