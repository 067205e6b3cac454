import type { Middleware } from 'koa'

/**
 * Optional: without it a page is as good, and as old as its last reload. Only what changed is replaced, since `<main>` is a
 * live region and screen readers read out what is new; what has the focus stays. The button pauses it (WCAG 2.2.2).
 */
const SCRIPT = `const main = document.querySelector('main'), button = Object.assign(document.createElement('button'), { textContent: 'Pause updates' })
const say = (text) => { button.textContent = text }
const parts = (root) => [...root.querySelectorAll('[data-part]')]
const refresh = async () => {
  if (button.value === 'paused' || document.hidden) return
  const answer = await fetch(location.href).catch(() => ({ ok: false }))
  if (button.value === 'paused') return
  say(answer.ok ? 'Pause updates' : 'Pause updates (the last one failed)')
  const [now, next] = [parts(main), answer.ok ? parts(new DOMParser().parseFromString(await answer.text(), 'text/html')) : []]
  const changed = next.filter((part, at) => now[at]?.innerHTML !== part.innerHTML && !now[at]?.contains(document.activeElement))
  for (const part of changed) now[next.indexOf(part)]?.replaceChildren(...part.childNodes)
}
button.onclick = () => { button.value = button.value ? '' : 'paused'; say(button.value ? 'Resume updates' : 'Pause updates') }
document.querySelector('header').append(button)
setInterval(refresh, 15_000)
`

/** `GET /refresh.js`. It says nothing about anyone's failures, so it needs no token. */
export const refreshScript: Middleware = (ctx) => {
  ctx.body = SCRIPT
  ctx.type = 'text/javascript'
}
