// `helm test`: the way in, from another pod through the Service to the route of each source, with a token if there is one. OPTIONS
// checks the credential and records nothing. Arguments: the folder of tokens, then `token:URL`, or `none:URL` for a source whose
// tokens are elsewhere.
import { readdirSync, readFileSync } from 'node:fs'

const [folder, ...routes] = process.argv.slice(1)
// The kubelet needs a minute or more to bring a new Secret to the service; this pod has it at once.
const PATIENCE = Number(process.env.WAY_IN_SECONDS ?? 120) * 1_000
const PAUSE = 2_000

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

/** @returns what is wrong, and whether it may pass; undefined if nothing is */
async function attempt(url, token) {
  let answer
  try {
    answer = await fetch(url, {
      method: 'OPTIONS',
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      signal: AbortSignal.timeout(5_000),
    })
  } catch (error) {
    return { fault: `does not answer: ${error.cause?.message ?? error.message}`, mayPass: true }
  }
  const { status } = answer
  if (answer.ok) {
    console.log(`${url} answers${token ? ' and knows the token' : ''}: ${status}`)
    return undefined
  }
  const problem = await answer.json().catch(() => ({}))
  if (status === 401 && !token) {
    console.log(`${url} answers, and refuses a request without a token, as it must (${problem.code ?? status})`)
    console.log('No token could be read here, so whether reports are accepted was not checked.')
    return undefined
  }
  return {
    fault: `answered ${status} ${problem.code ?? ''} ${problem.detail ?? ''}`,
    mayPass: status === 401 || status === 503,
  }
}

async function check(url, token) {
  const end = performance.now() + PATIENCE
  let waited = false
  for (;;) {
    const problem = await attempt(url, token)
    if (!problem) return
    if (!problem.mayPass || performance.now() > end) {
      console.error(`${url} ${problem.fault}`)
      process.exit(1)
    }
    if (!waited) console.log(`${url} ${problem.fault}; trying again for up to ${PATIENCE / 1_000} s`)
    waited = true
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

const token = firstToken()
for (const route of routes) {
  const [, kind, url] = /^(token|none):(.+)$/.exec(route)
  await check(url, kind === 'token' ? token : undefined)
}
process.exit(0)
