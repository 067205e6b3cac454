import { ConfigFileSchema } from '../config/schema.ts'
import type { Command } from './command.ts'
import { parseOptions } from './usage.ts'

/** The configuration's JSON Schema, for editors and the chart; docs/config.schema.json is its output. */
export const printConfigSchema: Command = {
  usage: 'print-config-schema',
  summary: 'print the JSON Schema of the configuration file',
  examples: ['print-config-schema > config.schema.json'],
  readsConfig: false,
  async run(args) {
    parseOptions(args, { options: {} })
    process.stdout.write(`${JSON.stringify(ConfigFileSchema, null, 2)}\n`)
    return 0
  },
}
