import { describe, expect, it } from 'vitest'
import { isPublicSuffix, isSharedZone } from './public-suffixes.js'

const suffixes = `com net org io dev app uk jp example
  co.uk org.uk ac.uk gov.uk ltd.uk plc.uk me.uk nhs.uk co.jp ne.jp or.jp go.jp com.au net.au org.au id.au com.br gov.br app.br
  co.nz co.za co.in firm.in co.kr or.kr com.cn gov.cn com.tw com.hk com.sg com.my com.mx gob.mx com.ar com.tr co.il com.ua
  com.pl waw.pl co.at or.at com.es asso.fr gouv.fr com.ng com.eg com.sa com.vn co.th in.th co.id or.id com.ph com.pk
  foo.ck foo.bd foo.mm tokyo.jp chiyoda.tokyo.jp ca.us k12.ca.us a.bg com.ru msk.ru uk.com eu.com br.com
  github.io gitlab.io herokuapp.com vercel.app netlify.app pages.dev workers.dev web.app firebaseapp.com appspot.com
  cloudfront.net elasticbeanstalk.com azurewebsites.net blob.core.windows.net cloudapp.azure.com ngrok.io ngrok-free.app
  onrender.com fly.dev blogspot.com myshopify.com wordpress.com wixsite.com githubusercontent.com amazonaws.com`
const others = `example.com api.example.com example.co.uk www.gov.uk.example me.github.io example.co.jp t.co g.co x.ai bbc.uk
  api.stripe.com slack.com zendesk.com atlassian.net my.salesforce.com googleapis.com graph.microsoft.com api.github.com
  metro.tokyo.jp ab.bg foo.example.bd s3.amazonaws.com`

const words = (text: string) => text.split(/\s+/)

describe('public suffixes', () => {
  it.each(words(suffixes))('%s is one', (domain) => {
    expect(isPublicSuffix(domain)).toBe(true)
    expect(isSharedZone(domain)).toBe(true)
  })

  it.each(words(others))('%s is none', (domain) => {
    expect(isPublicSuffix(domain)).toBe(false)
  })

  it('have zones above and inside them whose names belong to many', () => {
    expect(
      ['azure.com', 'windows.net', 'amazonaws.com', 'a.b.amazonaws.com', 'x.on.aws'].map(isSharedZone),
    ).not.toContain(false)
    expect(['example.com', 'zendesk.com', 'me.github.io', 'googleapis.com'].map(isSharedZone)).not.toContain(true)
  })
})
