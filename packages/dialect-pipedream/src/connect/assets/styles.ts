/** The page's look, light and dark. System fonts, no images. */
export const styles = `:root {
  --ground: #f4f5f7;
  --card: #fff;
  --text: #16181d;
  --soft: #5b6270;
  --line: #d5d9e0;
  --field: #848c9b;
  --accent: #2456e6;
  --accent-text: #fff;
  --bad: #b3261e;
  --bad-ground: #fdecea;
  --good: #17803d;
  --shade: 0 1px 2px rgb(16 24 40 / 8%), 0 12px 32px rgb(16 24 40 / 12%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101216;
    --card: #1b1e24;
    --text: #f0f2f5;
    --soft: #a3abb8;
    --line: #3a404b;
    --field: #747d8c;
    --accent: #8aa8ff;
    --accent-text: #0c1430;
    --bad: #ff9a92;
    --bad-ground: #3a1c1a;
    --good: #6ddc94;
    --shade: 0 12px 32px rgb(0 0 0 / 50%);
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { height: 100%; }
body {
  margin: 0;
  min-height: 100%;
  display: grid;
  place-items: center;
  padding: 24px 16px;
  color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
}
body.link, body.popup { background: var(--ground); }
body.frame { background: rgb(10 12 16 / 55%); }
.card {
  position: relative;
  width: 100%;
  max-width: 440px;
  padding: 32px;
  border: 1px solid var(--line);
  border-radius: 16px;
  background: var(--card);
  box-shadow: var(--shade);
  color-scheme: light dark;
  overflow-wrap: anywhere;
}
h1 { margin: 0 0 12px; font-size: 1.375rem; line-height: 1.25; letter-spacing: -0.01em; }
h1:focus { outline: none; }
.card > :last-child, .done > :last-child { margin-bottom: 0; }
p { margin: 0 0 16px; }
.lead, .hint, .optional, .count { color: var(--soft); }
.hint, .count { font-size: .875rem; }
.optional { font-weight: 400; font-size: .875rem; }
.logo {
  position: relative;
  display: grid;
  place-items: center;
  width: 48px;
  height: 48px;
  margin-bottom: 16px;
  border-radius: 12px;
  background: color-mix(in srgb, var(--accent) 16%, var(--card));
  color: var(--accent);
  font-weight: 700;
  font-size: 1.25rem;
  overflow: hidden;
}
.logo img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; background: var(--card); }
label { display: block; margin-bottom: 4px; font-weight: 600; }
.field { margin-bottom: 20px; }
.field .hint { margin: 0 0 6px; }
input {
  width: 100%;
  padding: 10px 12px;
  border: 1px solid var(--field);
  border-radius: 10px;
  background: transparent;
  color: inherit;
  font: inherit;
}
input[aria-invalid] { border-color: var(--bad); }
.error { margin: 6px 0 0; color: var(--bad); font-size: .875rem; }
button, a.primary {
  display: inline-block;
  padding: 11px 18px;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: transparent;
  color: inherit;
  font: inherit;
  font-weight: 600;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
.primary, a.primary { width: 100%; border-color: transparent; background: var(--accent); color: var(--accent-text); }
.primary:hover { filter: brightness(1.08); }
button:disabled { opacity: .6; cursor: default; }
:is(a, button, input):focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 55%, transparent); outline-offset: 2px; }
a { color: var(--accent); }
.close {
  position: absolute;
  top: 12px;
  right: 12px;
  width: 36px;
  height: 36px;
  padding: 0;
  border-color: transparent;
  color: var(--soft);
  font-size: 1.5rem;
  font-weight: 400;
  line-height: 1;
}
.alert {
  margin: 0 0 20px;
  padding: 12px 16px;
  border-radius: 10px;
  background: var(--bad-ground);
  color: var(--bad);
}
.alert:focus { outline: none; }
.alert a { color: inherit; }
.alert p { margin: 0; }
.alert ul { margin: 4px 0 0; padding-left: 20px; }
.waiting { margin: 16px 0 0; color: var(--soft); text-align: center; }
.done { text-align: center; }
.tick {
  display: inline-grid;
  place-items: center;
  width: 56px;
  height: 56px;
  margin-bottom: 16px;
  border-radius: 50%;
  background: color-mix(in srgb, var(--good) 16%, var(--card));
  color: var(--good);
  font-size: 1.75rem;
}
.search { margin-top: 16px; }
.row { display: flex; gap: 8px; margin-bottom: 12px; }
.row button { flex: none; border-color: var(--field); }
.apps { margin: 0 -8px; padding: 0; list-style: none; max-height: 420px; overflow-y: auto; }
.apps a {
  display: flex;
  align-items: center;
  gap: 12px;
  padding: 8px;
  border-radius: 10px;
  color: inherit;
  text-decoration: none;
}
.apps a:hover { background: color-mix(in srgb, var(--accent) 10%, transparent); }
.apps .logo { flex: none; width: 36px; height: 36px; margin: 0; border-radius: 9px; font-size: 1rem; }
@media (max-width: 480px) {
  .card { padding: 24px 20px; }
}
@media (forced-colors: active) {
  .primary, a.primary { border-color: ButtonText; }
}
`
