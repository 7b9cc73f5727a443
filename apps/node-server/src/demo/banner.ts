import { demo } from './demo-config.js'

export interface BannerFacts {
  readonly url: string
  /** The port that was wanted but taken. */
  readonly takenPort: number | undefined
  readonly upstreamPort: number
  readonly clientSecret: string
  readonly folder: string
  /** False when another server uses the folder. */
  readonly keepsData: boolean
}

/** What a person sees who started the server without a configuration: two commands that work when pasted. */
export function banner(facts: BannerFacts): string {
  const { url, takenPort, upstreamPort, clientSecret, folder, keepsData } = facts
  const target = Buffer.from(`http://127.0.0.1:${upstreamPort}/hello?from=paste`).toString('base64url')
  const call = `${url}/v1/connect/${demo.project}/proxy/${target}?external_user_id=${demo.user}&account_id=${demo.account}`
  const form = `-d grant_type=client_credentials -d client_id=${demo.client} -d client_secret=${clientSecret}`
  return [
    '',
    `The proxy listens on ${url}${takenPort === undefined ? '' : ` (port ${takenPort} is taken)`}`,
    '',
    'There is no configuration, so it runs with a demo: one project, one client, one account,',
    'and an API on this machine that wants a key which you never see.',
    '',
    '1. Get a token:',
    '',
    `TOKEN=$(curl -s ${url}/v1/oauth/token ${form} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    '',
    '2. Call the API through the proxy:',
    '',
    `curl -s "${call}" -H "Authorization: Bearer $TOKEN" -H "x-pd-environment: development"`,
    '',
    'It answers with what it got, and says whether the credential was right.',
    keepsData
      ? `What you add is kept in ${folder}. Delete that folder to begin anew.`
      : `Another server uses ${folder}: what you add here ends with this process.`,
    'A configuration of your own: api-proxy init. To stop: Ctrl-C.',
    '',
    '',
  ].join('\n')
}
