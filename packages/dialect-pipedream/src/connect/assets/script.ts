/**
 * What the page adds where scripts run: word to the page that embeds it, the window for the vendor's login, and some
 * comfort. Plain text, since it is served as it stands; everything but the embedded form works without it.
 */
export const script = `'use strict'
{
  const { body } = document
  const framed = window.parent !== window
  const allowed = JSON.parse(body.dataset.origins || '[]')
  const closeButton = document.querySelector('.close')
  const pollEveryMs = 1000
  const pollForMs = 10 * 60 * 1000

  function tell(message) {
    if (!framed) return
    const [parent] = location.ancestorOrigins || []
    const targets = allowed.length === 0 ? ['*'] : allowed.filter((origin) => !parent || origin === parent)
    for (const target of targets) window.parent.postMessage(message, target)
  }

  function close() {
    tell({ type: 'close' })
  }

  function connected(account) {
    tell({ type: 'success', authProvisionId: account })
    if (framed) setTimeout(close, 1500)
  }

  function alertBox() {
    return document.querySelector('[role=alert]')
  }

  function showFault(message) {
    const box = alertBox()
    const text = document.createElement('p')
    text.textContent = message
    box.replaceChildren(text)
    box.hidden = false
    box.focus()
  }

  if (framed && body.dataset.hideClose === undefined) {
    closeButton.hidden = false
    closeButton.addEventListener('click', close)
  }
  document.addEventListener('keydown', (event) => {
    if (framed && event.key === 'Escape') close()
  })

  const { outcome, account, error, redirect } = body.dataset
  if (outcome === 'connected') {
    connected(account)
    if (body.classList.contains('popup')) window.close()
  }
  if (outcome === 'failed') tell({ type: 'error', error })
  if (redirect !== undefined && !framed) location.replace(redirect)
  const box = alertBox()
  if (box && !box.hidden) box.focus()
  else if (framed) document.querySelector('input:not([type=hidden]), .primary, h1[tabindex]')?.focus()

  const form = document.querySelector('form[method=post]')
  const button = form && form.querySelector('button')
  const waiting = form && form.querySelector('.waiting')
  let popup
  let stopWaiting = () => {}

  function randomText() {
    const bytes = crypto.getRandomValues(new Uint8Array(32))
    return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  }

  function setHidden(name, value) {
    let input = form.elements.namedItem(name)
    if (!input) {
      input = document.createElement('input')
      input.type = 'hidden'
      input.name = name
      form.append(input)
    }
    input.value = value
  }

  function finish(result) {
    stopWaiting()
    if (popup) popup.close()
    if (result.status === 'failed') {
      tell({ type: 'error', error: result.error })
      return showFault(result.error)
    }
    const card = document.querySelector('.card')
    const done = document.getElementById('connected').content.cloneNode(true)
    for (const child of [...card.children]) if (child !== closeButton) child.remove()
    card.append(done)
    card.querySelector('h1').focus()
    connected(result.account)
  }

  /** Asks how the window's login ended: vendors may cut the tie between the windows. */
  function waitFor(flow) {
    stopWaiting()
    const until = Date.now() + pollForMs
    let timer
    let asking = false
    async function ask() {
      if (asking) return
      asking = true
      clearTimeout(timer)
      try {
        const answer = await fetch(body.dataset.status, { method: 'POST', body: new URLSearchParams({ flow }) })
        const result = await answer.json()
        if (result.status === 'connected' || result.status === 'failed') return finish(result)
      } catch {
        // The next one may get through.
      }
      asking = false
      if (waiting.hidden || Date.now() > until) return stopWaiting()
      timer = setTimeout(ask, pollEveryMs)
    }
    waiting.hidden = false
    window.addEventListener('focus', ask)
    timer = setTimeout(ask, pollEveryMs)
    stopWaiting = () => {
      clearTimeout(timer)
      waiting.hidden = true
      window.removeEventListener('focus', ask)
    }
  }

  function openPopup() {
    if (popup) popup.close()
    const name = 'connect-' + randomText()
    popup = window.open('about:blank', name, 'popup,width=620,height=760')
    if (popup) {
      popup.opener = null
      form.target = name
    } else form.target = '_blank'
  }

  if (form) {
    form.addEventListener('submit', () => {
      const box = alertBox()
      if (box) box.hidden = true
      if (form.dataset.oauth !== undefined && framed) {
        const flow = randomText()
        setHidden('flow', flow)
        setHidden('view', 'popup')
        openPopup()
        waitFor(flow)
      } else {
        // After the form's own data was taken.
        setTimeout(() => (button.disabled = true))
      }
    })
    window.addEventListener('pageshow', () => (button.disabled = false))
  }

  const search = document.querySelector('form.search input[type=search]')
  const count = document.querySelector('.count')
  if (search && count.dataset.all !== undefined && search.value === '') {
    const rows = [...document.querySelectorAll('.apps li')]
    search.addEventListener('input', () => {
      const text = search.value.trim().toLowerCase()
      let shown = 0
      for (const row of rows) {
        row.hidden = !row.textContent.toLowerCase().includes(text)
        if (!row.hidden) shown += 1
      }
      count.textContent = shown === 0 ? 'No app has this name.' : shown === 1 ? '1 app' : shown + ' apps'
    })
  }
}
`
