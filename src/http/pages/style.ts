import { createHash } from 'node:crypto'

/** The style sheet of every page. State is said in words; colour only repeats it. */
export const STYLE = `
:root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--back:#fff;--line:#d0d7de;--link:#0550ae;--bad:#a40e26;--good:#116329;--panel:#f6f8fa}
@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9da7b1;--back:#0d1117;--line:#3d444d;--link:#79c0ff;--bad:#ff9492;--good:#56d364;--panel:#161b22}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:80rem;padding:0 1rem 2rem;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-100rem}.skip:focus{left:1rem;top:0;background:var(--back);padding:.5rem;z-index:1}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;padding:.75rem 0;border-bottom:1px solid var(--line)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:0;padding:0;list-style:none}
nav [aria-current]{font-weight:bold;color:var(--text);text-decoration:none}
main:focus{outline:none}
h1{font-size:1.5rem;line-height:1.3;margin:1.25rem 0 .75rem}
h2{font-size:1.15rem;margin:1.75rem 0 .5rem}
h3{font-size:1rem;margin:1rem 0 .25rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);min-width:5.5rem}
thead th{color:var(--soft);font-weight:600}
tbody th{font-weight:600;min-width:10rem}
th.wide{min-width:16rem}
time{white-space:nowrap}
code{font:.9em ui-monospace,monospace;background:var(--panel)}
.facts th{width:11rem}
.bad{color:var(--bad);font-weight:600}.good{color:var(--good)}.soft{color:var(--soft)}
.warning{border:1px solid var(--bad);padding:.5rem .75rem}
pre{background:var(--panel);border:1px solid var(--line);padding:.75rem;white-space:pre-wrap;font:.85rem/1.5 ui-monospace,monospace;margin:.5rem 0}
button,input{font:inherit;color:var(--text);background:var(--panel);border:1px solid var(--soft);border-radius:.25rem;padding:.35rem .75rem;max-width:100%}
input{width:30rem;display:block;margin:.25rem 0 .5rem}
footer{margin-top:2rem;padding-top:.75rem;border-top:1px solid var(--line);color:var(--soft);font-size:.9rem}
@media(max-width:30rem){.facts th,.facts td{display:block;width:auto;border:0;padding:0}.facts td{padding-bottom:.5rem}}
`

/**
 * What a page may load and do: its one style sheet, our script, and requests and forms to this listener. Its source has no
 * place for anything else, so that markup from outside, if it ever got in, could do nothing.
 */
export const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "script-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')
