import type { Command } from './command.ts'

/** The sidecar form. main.ts calls the supervisor without this page, which would cost it memory. */
export const superviseCommand: Command = {
  usage: 'supervise',
  summary: 'run the service below a parent that restarts it (the sidecar form)',
  examples: ['supervise --config /etc/webhook-error-exporter/config.yaml', 'supervise'],
  exitCodes: 'those of the service after SIGTERM or SIGINT; 137 if it had to be killed. Nothing else ends it.',
  readsConfig: true,
  async run(args, env) {
    const { supervise } = await import('../supervisor/supervisor.ts')
    supervise(args, env)
    return 0
  },
}
