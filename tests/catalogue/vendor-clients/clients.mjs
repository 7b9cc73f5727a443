/** A name that no tool follows: these packages are installed on demand. */
const load = (name) => import(name)

const token = 'sample-access-token'
const key = 'sample-api-key'
const oauth = { credentials: { oauth_access_token: token } }
const keyed = { customFields: { api_key: key } }

/**
 * One call of each vendor's own client with its usual settings, and the account of the catalogue's app that has the same
 * credential.
 */
export const clients = [
  {
    package: '@octokit/rest',
    app: 'github',
    account: oauth,
    async call() {
      const { Octokit } = await load('@octokit/rest')
      await new Octokit({ auth: token }).rest.users.getAuthenticated()
    },
  },
  {
    package: '@slack/web-api',
    app: 'slack',
    account: oauth,
    async call() {
      const { WebClient } = await load('@slack/web-api')
      await new WebClient(token, { retryConfig: { retries: 0 } }).auth.test()
    },
  },
  {
    package: '@hubspot/api-client',
    app: 'hubspot',
    account: oauth,
    async call() {
      const { Client } = await load('@hubspot/api-client')
      await new Client({ accessToken: token }).crm.contacts.basicApi.getPage(1)
    },
  },
  {
    package: 'stripe',
    app: 'stripe',
    account: keyed,
    async call() {
      const { default: Stripe } = await load('stripe')
      await new Stripe(key, { maxNetworkRetries: 0, telemetry: false }).customers.list({ limit: 1 })
    },
  },
  {
    package: '@notionhq/client',
    app: 'notion',
    account: oauth,
    async call() {
      const { Client } = await load('@notionhq/client')
      await new Client({ auth: token }).users.me({})
    },
  },
  {
    package: 'openai',
    app: 'openai',
    account: keyed,
    async call() {
      const { default: OpenAI } = await load('openai')
      await new OpenAI({ apiKey: key, maxRetries: 0 }).models.list()
    },
  },
  {
    package: '@anthropic-ai/sdk',
    app: 'anthropic',
    account: keyed,
    async call() {
      const { default: Anthropic } = await load('@anthropic-ai/sdk')
      await new Anthropic({ apiKey: key, maxRetries: 0 }).models.list()
    },
  },
  {
    package: '@googleapis/sheets',
    app: 'google_sheets',
    account: oauth,
    async call() {
      const { auth, sheets } = await load('@googleapis/sheets')
      const client = new auth.OAuth2()
      client.setCredentials({ access_token: token })
      await sheets({ version: 'v4', auth: client }).spreadsheets.get({ spreadsheetId: 'sheet-1' })
    },
  },
  {
    package: 'twilio',
    app: 'twilio',
    account: { customFields: { account_sid: 'AC00000000000000000000000000000001', auth_token: key } },
    async call() {
      const { default: twilio } = await load('twilio')
      await twilio('AC00000000000000000000000000000001', key).messages.list({ limit: 1 })
    },
  },
  {
    package: '@sendgrid/mail',
    app: 'sendgrid',
    account: { customFields: { api_key: 'SG.sample-api-key' } },
    async call() {
      const { default: mail } = await load('@sendgrid/mail')
      mail.setApiKey('SG.sample-api-key')
      await mail.send({ to: 'a@acme.example', from: 'b@acme.example', subject: 's', text: 't' })
    },
  },
  {
    package: '@linear/sdk',
    app: 'linear',
    account: oauth,
    async call() {
      const { LinearClient } = await load('@linear/sdk')
      await new LinearClient({ accessToken: token }).viewer
    },
  },
  {
    package: '@mailchimp/mailchimp_marketing',
    app: 'mailchimp_api_key',
    account: { customFields: { dc: 'us6', api_key: key } },
    async call() {
      const { default: mailchimp } = await load('@mailchimp/mailchimp_marketing')
      mailchimp.setConfig({ apiKey: key, server: 'us6' })
      await mailchimp.ping.get()
    },
  },
  {
    package: '@microsoft/microsoft-graph-client',
    app: 'microsoft_outlook',
    account: oauth,
    async call() {
      const { Client } = await load('@microsoft/microsoft-graph-client')
      await Client.init({ authProvider: (done) => done(null, token) })
        .api('/me')
        .get()
    },
  },
  {
    package: '@mistralai/mistralai',
    app: 'mistral_ai',
    account: keyed,
    async call() {
      const { Mistral } = await load('@mistralai/mistralai')
      await new Mistral({ apiKey: key }).models.list()
    },
  },
  {
    package: '@typeform/api-client',
    app: 'typeform',
    account: oauth,
    async call() {
      const { createClient } = await load('@typeform/api-client')
      await createClient({ token }).forms.list()
    },
  },
  {
    package: 'airtable',
    app: 'airtable',
    account: { customFields: { access_token: key } },
    async call() {
      const { default: Airtable } = await load('airtable')
      await new Airtable({ apiKey: key }).base('app00000000000001')('Things').select({ maxRecords: 1 }).firstPage()
    },
  },
  {
    package: 'asana',
    app: 'asana',
    account: oauth,
    async call() {
      const { default: Asana } = await load('asana')
      Asana.ApiClient.instance.authentications.token.accessToken = token
      await new Asana.UsersApi().getUser('me', {})
    },
  },
  {
    package: 'cloudflare',
    app: 'cloudflare',
    account: { customFields: { api_token: key } },
    async call() {
      const { default: Cloudflare } = await load('cloudflare')
      await new Cloudflare({ apiToken: key, maxRetries: 0 }).user.tokens.verify()
    },
  },
  {
    package: 'dropbox',
    app: 'dropbox',
    account: oauth,
    async call() {
      const { Dropbox } = await load('dropbox')
      await new Dropbox({
        accessToken: token,
        fetch: (...parts) => globalThis.fetch(...parts),
      }).usersGetCurrentAccount()
    },
  },
  {
    package: 'groq-sdk',
    app: 'groq',
    account: keyed,
    async call() {
      const { default: Groq } = await load('groq-sdk')
      await new Groq({ apiKey: key, maxRetries: 0 }).models.list()
    },
  },
  {
    package: 'intercom-client',
    app: 'intercom',
    account: oauth,
    async call() {
      const { IntercomClient } = await load('intercom-client')
      await new IntercomClient({ token, maxRetries: 0 }).admins.identify()
    },
  },
  {
    package: 'postmark',
    app: 'postmark',
    account: { customFields: { server_token: key } },
    async call() {
      const { ServerClient } = await load('postmark')
      await new ServerClient(key).getServer()
    },
  },
  {
    package: 'resend',
    app: 'resend',
    account: keyed,
    async call() {
      const { Resend } = await load('resend')
      await new Resend(key).domains.list()
    },
  },
  {
    package: 'square',
    app: 'square',
    account: oauth,
    async call() {
      const { SquareClient } = await load('square')
      await new SquareClient({ token, maxRetries: 0 }).locations.list()
    },
  },
]
