import cluster from 'node:cluster'

// The barest forwarder in two processes: what sharing one core costs anybody.
if (cluster.isPrimary) {
  cluster.fork()
  cluster.fork()
  process.once('SIGTERM', () => process.exit(0)) // workers end with their primary
} else await import('./undici-dispatch.mjs')
