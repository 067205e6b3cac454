import { expect } from 'chai'
import { ConfigError, parseConfig } from '../src/config/config.ts'

export function faults(raw: unknown, env: Record<string, string> = {}): readonly string[] {
  try {
    parseConfig(raw, env)
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError)
    return (error as ConfigError).faults
  }
  return []
}
