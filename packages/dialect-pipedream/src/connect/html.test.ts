import { describe, expect, it } from 'vitest'
import { attributes, html } from './html.js'

describe('a template of HTML', () => {
  it('escapes what it is given, in text and in attributes', () => {
    const evil = `"><script>alert('1')</script>&`
    const safe = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;'
    expect(html`<p title="${evil}">${evil}</p>`.markup).toBe(`<p title="${safe}">${safe}</p>`)
    expect(html`<p${attributes({ title: evil })}></p>`.markup).toBe(`<p title="${safe}"></p>`)
  })

  it('keeps what is HTML already, lists of it, and nothing for nothing', () => {
    const item = html`<li>${1}</li>`
    expect(html`<ul>${[item, item]}${undefined}${false}</ul>`.markup).toBe('<ul><li>1</li><li>1</li></ul>')
  })

  it('writes attributes with and without a value', () => {
    expect(attributes({ required: true, value: '', hidden: false, id: undefined }).markup).toBe(' required value=""')
  })
})
