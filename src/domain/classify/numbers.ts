import type { Cause } from '../cause/cause.ts'

/** Numbers that mean the same wherever they appear. Each table names the standard or source that defines it. */
type Numbers = Readonly<Record<number, Cause>>

const numbers = (causes: Partial<Record<Cause, readonly number[]>>): Numbers =>
  Object.fromEntries(
    Object.entries(causes).flatMap(([cause, list]) => list.map((number) => [number, cause as Cause] as const)),
  )

/**
 * HTTP statuses: RFC 9110 section 15, RFC 6585, and those of proxies: nginx 49x (ngx_http_request.h), Cloudflare 52x and
 * 530 (its 5xx documentation), AWS load balancers 561. Those not listed are by their class: see `statusCause`.
 */
const HTTP: Numbers = numbers({
  authentication: [401, 403, 407, 511, 561],
  not_found: [404, 410],
  timeout: [408, 504, 524],
  rate_limited: [429],
  unavailable: [502, 503, 520, 521, 522, 523, 527, 530],
  tls: [495, 496, 525, 526],
  protocol: [497],
})

/** The cause of an HTTP status by itself. 1xx and 2xx are no failures: a text must say what failed. */
export function statusCause(status: number): Cause {
  const exact = HTTP[status]
  if (exact !== undefined) return exact
  if (status >= 500) return 'server_error'
  if (status >= 400) return 'rejected'
  return status >= 300 ? 'redirect' : 'unknown'
}

/**
 * libcurl's result codes (curl/curl.h, CURLcode). Local ones, such as 2 (failed to initialise) or 27 (out of memory), and 22
 * (an HTTP error without its status) are unknown.
 */
export const CURL: Numbers = numbers({
  blocked: [1, 3],
  dns: [5, 6],
  connection_refused: [7],
  protocol: [8, 16, 18, 52, 61, 92, 95],
  timeout: [28],
  tls: [35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 96, 98, 101],
  redirect: [47],
  connection_reset: [55, 56],
  authentication: [9, 67, 94],
  not_found: [78],
  unavailable: [97],
})

/**
 * Numbers of errno.h: Linux (asm-generic/errno.h), and BSD and macOS (sys/errno.h) where Linux has nothing of the network
 * at that number. Either sign: kernels, libuv and Erlang negate them.
 */
export const ERRNO: Numbers = numbers({
  connection_reset: [32, 102, 103, 104, 107, 108, 52, 53, 54, 57, 58],
  protocol: [71],
  unreachable: [99, 100, 101, 112, 113, 49, 50, 51, 64, 65],
  timeout: [110, 62, 60],
  connection_refused: [111, 61],
  blocked: [13],
})

/** Network errors of libuv that stand for no errno, and its numbers on Windows (uv/errno.h). */
export const UV: Numbers = numbers({
  dns: [3000, 3001, 3002, 3003, 3004, 3005, 3007, 3008, 3009, 3010, 3011, 3013, 3014],
  connection_refused: [4078],
  connection_reset: [4077, 4079, 4047, 4053],
  timeout: [4039],
  unreachable: [4073, 4062, 4063, 4031, 4090],
  protocol: [4095, 4046],
})

/** getaddrinfo's results, always negative (glibc netdb.h): EAI_NONAME, EAI_AGAIN, EAI_FAIL, EAI_NODATA, EAI_ADDRFAMILY. */
export const GETADDRINFO: Numbers = numbers({ dns: [2, 3, 4, 5, 9] })

/** WinSock (winsock2.h) and, beyond 11000, its resolver and IP status numbers. */
export const WINSOCK: Numbers = numbers({
  blocked: [10013],
  unreachable: [10049, 10050, 10051, 10064, 10065],
  connection_reset: [10052, 10053, 10054, 10057, 10058, 10101],
  timeout: [10060, 11010],
  connection_refused: [10061],
  dns: [11001, 11002, 11003, 11004],
})

/** WinHTTP and WinINet (winhttp.h, wininet.h). */
export const WINHTTP: Numbers = numbers({
  timeout: [12002],
  blocked: [12005, 12006],
  dns: [12007],
  authentication: [12015],
  connection_refused: [12029],
  connection_reset: [12030, 12031],
  tls: [12037, 12038, 12044, 12045, 12055, 12057, 12157, 12169, 12170, 12175, 12179],
  protocol: [12150, 12152],
  redirect: [12156, 12168],
  unreachable: [12163, 12164],
})

/** NSURLError (Foundation's NSURLError.h, and the same numbers of CFNetworkErrors), without their sign. */
export const NSURL: Numbers = numbers({
  blocked: [1000, 1002, 1022],
  timeout: [1001],
  dns: [1003, 1006],
  connection_refused: [1004],
  protocol: [1005, 1011, 1014, 1015, 1016, 1017],
  redirect: [1007, 1010],
  unreachable: [1009, 1018, 1019],
  authentication: [1012, 1013],
  not_found: [1100],
  tls: [1200, 1201, 1202, 1203, 1204, 1205, 1206],
})

/** gRPC status codes (grpc/status.h). */
export const GRPC: Numbers = numbers({
  rejected: [3, 9, 11],
  timeout: [4],
  not_found: [5, 12],
  authentication: [7, 16],
  rate_limited: [8],
  server_error: [13, 15],
  unavailable: [14],
})
