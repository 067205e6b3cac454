import { copyFileSync, globSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { tempFolder } from '../support/temp.ts'
import { BARE, type Side } from './sides.ts'

const copies = new Map<Side, Side>()

/**
 * The side as JavaScript, as bare Koa is: a first start of TypeScript mostly measures Node's type stripper. The service in the
 * image never strips, since its compile cache is built in.
 */
export function stripped(side: Side): Side {
  if (side === BARE) return side
  const known = copies.get(side)
  if (known) return known
  const folder = tempFolder()
  for (const file of globSync('src/**/*', { cwd: side.folder })) {
    const source = join(side.folder, file)
    if (statSync(source).isDirectory()) continue
    const target = join(folder, file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    if (!file.endsWith('.ts')) copyFileSync(source, target)
    else {
      const text = stripTypeScriptTypes(readFileSync(source, 'utf8'))
      writeFileSync(target, text.replace(/(['"])(\.[^'"\n]*)\.ts\1/g, '$1$2.js$1'))
    }
  }
  copyFileSync(join(side.folder, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(side.folder, 'node_modules'), join(folder, 'node_modules'))
  const copy = { ...side, folder, command: side.command.replace('src/main.ts', 'src/main.js') }
  copies.set(side, copy)
  return copy
}
