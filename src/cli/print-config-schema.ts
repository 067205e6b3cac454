import { ConfigFileSchema } from '../config/schema.ts'
import { command } from './command.ts'

/** The configuration's JSON Schema, for editors and the chart; docs/config.schema.json is its output. */
export const printConfigSchema = command({
  usage: 'print-config-schema',
  summary: 'print the JSON Schema of the configuration file',
  examples: ['print-config-schema > config.schema.json'],
  readsConfig: false,
  async run() {
    process.stdout.write(`${JSON.stringify(ConfigFileSchema, null, 2)}\n`)
    return 0
  },
})
