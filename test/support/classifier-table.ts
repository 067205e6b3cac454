import { generate } from '../../grafana/generated-files.ts'
import { compile } from '../../src/domain/classify/compile.ts'
import { ROWS, VOCABULARY } from '../../src/domain/classify/rows.ts'

/** The classifier's compiled table, by path. `node test/support/classifier-table.ts` writes it. */
export const classifierTable = (): Readonly<Record<string, string>> => ({
  'src/domain/classify/table.json': `${JSON.stringify(compile(ROWS, VOCABULARY))}\n`,
})

if (import.meta.main) generate(new Map(Object.entries(classifierTable())), [])
