import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './generated-files.ts'
import { CANARY_LOST_AFTER } from './rules/intake-alerts.ts'

/** docs/canary.md as it is, with the alert's threshold taken from the rule. */
export const canaryPage = (): string =>
  readFileSync(join(ROOT, 'docs/canary.md'), 'utf8').replace(
    /(`time\(\) - … > )\d+`/,
    (_, before: string) => `${before}${CANARY_LOST_AFTER}\``,
  )
