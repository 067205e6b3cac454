import { createRequire } from 'node:module'

/** Koa's router. Its ES module imports node:http, which costs 14 MiB: see listener.ts. */
export const { Router } = createRequire(import.meta.url)('@koa/router') as typeof import('@koa/router')
