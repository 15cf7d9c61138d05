import { createHash } from "node:crypto";

/** All the looks of the pages: text that a phone shows without zooming, links as large as a thumb, both colour schemes. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#17202a;--ground:#f4f6f8;--paper:#fff;--line:#c5ced8;--accent:#00539b;--soft:#4a5866}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--ground:#10161c;--paper:#19212a;--line:#3a4754;--accent:#8cc4ff;--soft:#a9b7c4}}
*{box-sizing:border-box}
body{margin:0;padding:0 .75rem 1rem;background:var(--ground);color:var(--ink);font:1.0625rem/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
header,main,footer{max-width:46rem;margin:0 auto}
header,footer{padding:1rem .25rem}
header{color:var(--soft);font-weight:600}
main{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;padding:1.25rem}
footer{color:var(--soft);font-size:.9rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}
a{color:var(--accent)}
a:focus-visible,button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.choices{display:grid;gap:.75rem;margin:1.25rem 0 0;padding:0;list-style:none}
@media (min-width:36rem){.choices{grid-template-columns:1fr 1fr}}
.choice{display:block;height:100%;padding:1rem;border:2px solid var(--accent);border-radius:.5rem;text-decoration:none}
.choice strong{display:block;font-size:1.15rem}
.choice span{color:var(--ink)}
.who{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between;margin:0 0 1rem;padding:0 0 .75rem;border-bottom:1px solid var(--line)}
.who p,.who form{margin:0}
button{font:inherit;min-height:2.75rem;padding:.25rem 1rem;border:1px solid var(--line);border-radius:.5rem;background:var(--paper);color:var(--accent);cursor:pointer}
table{width:100%;border-collapse:collapse}
caption{text-align:left;font-weight:600;padding:.5rem 0}
th,td{text-align:left;padding:.5rem .5rem .5rem 0;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td.number,th.number{text-align:right;padding-right:0}
.code{color:var(--soft);font-size:.9rem}
.note{border-left:.25rem solid var(--accent);padding:.25rem 0 .25rem .75rem;margin:1.25rem 0 0}
`;

/** The only style that the pages' policy lets a browser apply (CSP 3, 6.7.3.1). */
export const STYLE_SOURCE = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;
