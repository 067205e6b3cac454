import { command } from './command.ts'

/** The sidecar form. main.ts calls the supervisor without this page, which would cost it memory. */
export const superviseCommand = command({
  usage: 'supervise',
  summary: 'run the service below a parent that restarts it (the sidecar form)',
  examples: ['supervise --config /etc/webhook-error-exporter/config.yaml', 'supervise'],
  exitCodes:
    '0 stopped in time by SIGTERM or SIGINT, 1 forced at the deadline (137: killed), 2 the command line is wrong; nothing else ends it.',
  readsConfig: true,
  allowPositionals: true,
  async run({ positionals }, env) {
    const { supervise } = await import('../supervisor/supervisor.ts')
    supervise(positionals, env)
    return 0
  },
})
