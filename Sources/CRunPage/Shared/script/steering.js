// Steering: what only somebody with the token may do. It comes in the address's fragment, which no
// server and no log ever sees, stays with this tab, and goes along with actions alone.
const steeringToken = {
  key: 'federated-token',
  value: null,

  /// Takes the token out of the address bar.
  take() {
    try { this.value = sessionStorage.getItem(this.key); } catch { /* without storage it lasts as long as the page */ }
    const parts = new URLSearchParams(location.hash.slice(1)), given = parts.get('token');
    if (given === null) return;
    parts.delete('token');
    const others = parts.toString();
    history.replaceState(history.state, '', location.pathname + location.search + (others === '' ? '' : `#${others}`));
    this.keep(given);
  },

  /// Keeps what was pasted: a token, or the whole address that has it; nothing forgets it.
  keep(text) {
    const bare = (/[#&]token=([^&\s]+)/.exec(text)?.[1] ?? text).trim();
    this.value = bare === '' ? null : bare;
    try {
      if (this.value === null) sessionStorage.removeItem(this.key); else sessionStorage.setItem(this.key, this.value);
    } catch { /* as above */ }
  },
};

/// Asks for an action. Resolves to {ok, text, status}: whether it was done, and a sentence about it.
async function act(address, body) {
  const headers = {'Content-Type': 'application/json'};
  if (steeringToken.value !== null) headers.Authorization = `Bearer ${steeringToken.value}`;
  try {
    const answer = await fetch(address, {
      method: 'POST', headers, body: JSON.stringify(body), cache: 'no-store', signal: AbortSignal.timeout(20000)});
    let said = {};
    try { said = record(parse(await answer.text())); } catch { /* not every refusal is JSON */ }
    if (answer.ok) return {ok: true, status: answer.status, text: typeof said.text === 'string' ? words(said.text) : 'Done.'};
    const refused = answer.status === 401 || answer.status === 403;
    const why = said.message;
    return {ok: false, status: answer.status, text:
      typeof why === 'string' && why !== '' ? words(why) : refused ? 'The token is not the right one.' : `The server answered with status ${answer.status}.`};
  } catch {
    // A token with characters that no header may have is not sent at all.
    return {ok: false, status: 0, text: 'The action did not reach the server, or its answer did not reach this page.'};
  }
}

/// Asks once whether something is really meant, in a dialog. Resolves to whether it is.
function isMeant(question, verb) {
  const dialog = make('dialog', {'aria-labelledby': 'question'}), buttons = make('div', {class: 'buttons'});
  const yes = make('button', {type: 'button', class: 'bad'}, verb), no = make('button', {type: 'button', autofocus: ''}, 'Cancel');
  buttons.append(yes, no);
  dialog.append(make('p', {id: 'question', class: 'data'}, question), buttons);
  document.body.append(dialog);
  return new Promise(done => {
    yes.addEventListener('click', () => dialog.close('yes'));
    no.addEventListener('click', () => dialog.close());
    const held = document.activeElement;
    dialog.addEventListener('close', () => { dialog.remove(); held?.focus?.(); done(dialog.returnValue === 'yes'); });
    dialog.showModal();
  });
}

/// The sentence and the field where actions need a token that is not here; `kept` is called once there is one.
function tokenForm(kept) {
  const form = make('form', {class: 'token'});
  const field = make('input', {type: 'password', autocomplete: 'off', spellcheck: 'false', required: ''});
  const label = make('label', {}, 'Token');
  label.append(field);
  form.append(make('p', {}, 'To steer, open the address that the program printed, with its token, or paste the token here.'),
    label, make('button', {type: 'submit'}, 'Use it'));
  form.addEventListener('submit', event => {
    event.preventDefault();
    steeringToken.keep(field.value);
    field.value = '';
    kept();
  });
  return form;
}
steeringToken.take();
