import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadCore } from './machine.mjs'
import { freePort, run, startPinned, whenListening } from './processes.mjs'

/** The header and value that the product and nginx put on every call, so that the origin can tell. */
export const credential = { name: 'x-api-key', value: 'benchmark-credential-0123456789' }

const kibibyte = JSON.stringify({ data: 'x'.repeat(1024 - 11) })

/**
 * The origin: nginx on the load core, plain and TLS. `/1k.json` and `/64k.json` answer any method;
 * `/check` answers 200 only when the credential arrived.
 */
export async function startOrigin(folder) {
  const root = join(folder, 'origin')
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, '64k.json'), JSON.stringify({ data: 'x'.repeat(65_536 - 11) }))
  const [plainPort, tlsPort] = [await freePort(), await freePort()]
  const certificate = await makeCertificate(root)
  writeFileSync(
    join(root, 'nginx.conf'),
    `${nginxHead(root)}
  default_type application/json;
  open_file_cache max=10;
  ssl_certificate ${certificate.certificate};
  ssl_certificate_key ${certificate.key};
  server {
    listen 127.0.0.1:${plainPort} backlog=4096;
    listen 127.0.0.1:${tlsPort} ssl backlog=4096;
    root ${root};
    location = /1k.json { return 200 '${kibibyte}'; }
    location = /64k.json { }
    location = /check { if ($http_${credential.name.replaceAll('-', '_')} != '${credential.value}') { return 401; } return 200 '{}'; }
  }
}
`,
  )
  const handle = startPinned({ core: loadCore, command: 'nginx', args: ['-c', join(root, 'nginx.conf')] })
  await whenListening(handle, [plainPort, tlsPort])
  const upstream = (tls) => new URL(tls ? `https://localhost:${tlsPort}` : `http://localhost:${plainPort}`)
  return { upstream, authority: certificate.certificate, pid: handle.pid }
}

/** nginx as a candidate: forwards everything with one more header. */
export function nginxProxyConfiguration({ folder, port, upstream }) {
  return `${nginxHead(folder)}
  upstream origin { server ${upstream.host}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    client_max_body_size 0;
    location / {
      proxy_pass ${upstream.protocol}//origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header ${credential.name} ${credential.value};
      proxy_buffers 32 8k;
    }
  }
}
`
}

/** HAProxy as a candidate: the same. */
export function haproxyConfiguration({ port, upstream, authority }) {
  const tls = upstream.protocol === 'https:' ? ` ssl verify required ca-file ${authority}` : ''
  return `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 10s
  timeout client 600s
  timeout server 600s
  http-reuse always
listen proxy
  bind 127.0.0.1:${port}
  http-request set-header ${credential.name} ${credential.value}
  server origin ${upstream.host}${tls}
`
}

function nginxHead(folder) {
  return `${process.getuid() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_rlimit_nofile 20000;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;`
}

async function makeCertificate(folder) {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', key, '-out', certificate],
  ])
  return { certificate, key }
}
