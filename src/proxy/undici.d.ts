/** Only these files of undici are loaded: its index would cost 5 MiB more. They come without types of their own. */
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici'

  const it: typeof Pool
  export default it
}
declare module 'undici/lib/dispatcher/client.js' {
  import type { Client } from 'undici'

  const it: typeof Client
  export default it
}
declare module 'undici/lib/core/connect.js' {
  import type { Socket } from 'node:net'
  import type { buildConnector } from 'undici'

  /** Unlike the published type, it returns the socket that is being connected. */
  const it: (
    options: buildConnector.BuildOptions,
  ) => (options: buildConnector.Options, callback: buildConnector.Callback) => Socket
  export default it
}
declare module 'undici/lib/core/symbols.js' {
  const it: {
    /** Key of a dispatch option: receives the function that withdraws a request which waits for a connection. */
    readonly kQueuedAbort: unique symbol
  }
  export default it
}
