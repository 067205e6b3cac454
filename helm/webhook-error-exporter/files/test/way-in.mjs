// `helm test`: the way in, from another pod through the Service to the route of each source, with a token if there is one. OPTIONS
// checks the credential and records nothing. Arguments: the folder of tokens, then `token:URL`, or `none:URL` for a source whose
// tokens are elsewhere.
import { readdirSync, readFileSync } from 'node:fs'

const [folder, ...routes] = process.argv.slice(1)

function firstToken() {
  try {
    for (const name of readdirSync(folder)) {
      if (name.startsWith('.')) continue
      const token = readFileSync(`${folder}/${name}`, 'utf8').split('\n').map((line) => line.trim()).find(Boolean)
      if (token) return token
    }
  } catch {}
  return undefined
}

async function check(url, token) {
  // The Service may need a moment after an installation.
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await fetch(url, {
        method: 'OPTIONS',
        headers: token ? { Authorization: `Bearer ${token}` } : {},
        signal: AbortSignal.timeout(5_000),
      })
      if (answer.ok) {
        console.log(`${url} answers${token ? ' and knows the token' : ''}: ${answer.status}`)
        return
      }
      const problem = await answer.json().catch(() => ({}))
      if (answer.status === 401 && !token) {
        console.log(`${url} answers, and refuses who has no token, as it must (${problem.code ?? answer.status})`)
        console.log('No token could be read here, so whether reports are accepted was not checked.')
        return
      }
      // A token that was just made is read within seconds.
      if (answer.status !== 401 || attempt >= 10) {
        console.error(`${url} answered ${answer.status} ${problem.code ?? ''} ${problem.detail ?? ''}`)
        process.exit(1)
      }
    } catch (error) {
      if (attempt >= 10) {
        console.error(`${url} does not answer: ${error.cause?.message ?? error.message}`)
        process.exit(1)
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 2_000))
  }
}

const token = firstToken()
for (const route of routes) {
  const [, kind, url] = /^(token|none):(.+)$/.exec(route)
  await check(url, kind === 'token' ? token : undefined)
}
process.exit(0)
