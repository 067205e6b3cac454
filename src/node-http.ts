/**
 * What is used of node:http. Not imported as an ES module: that reads every export, among them lazy ones, which loads undici and
 * HTTP/2 (14 MiB, 25 ms).
 */
export const { createServer, request, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http')
