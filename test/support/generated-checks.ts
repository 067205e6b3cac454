import { generate } from '../../grafana/generated-files.ts'
import { anySourcesSchema, sectionsSchema } from '../../src/config/schema.ts'
import { shapes } from '../../src/config/schema-shapes.ts'
import { ResolveSchema } from '../../src/http/admin/incident-schemas.ts'
import { RecoverSchema, RecoveryReportSchema } from '../../src/http/admin/recovery-schemas.ts'
import { ReportSchema } from '../../src/sources/retm/schema.ts'
import { checkModule } from './check-code.ts'

const { code, endpoint, message } = ReportSchema.properties

/** What the service reads of its schemas without TypeBox, by path. `node test/support/generated-checks.ts` writes them. */
export const generatedChecks = (): Readonly<Record<string, string>> => ({
  'src/config/shapes.json': `${JSON.stringify(shapes())}\n`,
  'src/config/check.generated.ts': checkModule([
    { name: 'areSections', of: 'sectionsSchema()', schema: sectionsSchema() },
  ]),
  // Beside the kinds of source, which it names.
  'src/sources/check.generated.ts': checkModule([
    { name: 'areSources', of: 'anySourcesSchema()', schema: anySourcesSchema() },
  ]),
  'src/sources/retm/checks.generated.ts': checkModule([
    { name: 'isReport', of: 'ReportSchema', schema: ReportSchema, from: './schema.ts' },
    { name: 'isCode', of: 'ReportSchema.properties.code', schema: code },
    { name: 'isEndpoint', of: 'ReportSchema.properties.endpoint', schema: endpoint },
    { name: 'isMessage', of: 'ReportSchema.properties.message', schema: message },
  ]),
  'src/http/admin/resolve-check.generated.ts': checkModule([
    { name: 'isResolve', of: 'ResolveSchema', schema: ResolveSchema, from: './incident-schemas.ts' },
  ]),
  'src/http/admin/recovery-checks.generated.ts': checkModule([
    { name: 'isRecover', of: 'RecoverSchema', schema: RecoverSchema, from: './recovery-schemas.ts' },
    {
      name: 'isRecoveryReport',
      of: 'RecoveryReportSchema',
      schema: RecoveryReportSchema,
      from: './recovery-schemas.ts',
    },
  ]),
})

if (import.meta.main) generate(new Map(Object.entries(generatedChecks())), [])
