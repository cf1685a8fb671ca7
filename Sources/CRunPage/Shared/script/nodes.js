// Small tools for the document
const byId = id => document.getElementById(id);
const say = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const attribute = (node, name, value) => { if (node.getAttribute(name) !== value) node.setAttribute(name, value); };
const make = (tag, attributes = {}, text) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
const draw = (tag, attributes = {}, text) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
const timeNode = value => {
  const node = make('time', {}, milliseconds(value) === null ? '' : moment(value));
  if (milliseconds(value) !== null) { node.dateTime = value; node.title = value; }
  return node;
};
/// A command with its button that copies it: a `code` and a `button` in a box.
function showCommand(box, command) {
  const code = box.querySelector('code'), button = box.querySelector('button');
  box.hidden = typeof command !== 'string' || command === '';
  say(code, box.hidden ? '' : command);
  if (button.dataset.copies !== undefined) return;
  button.dataset.copies = '';
  button.addEventListener('click', async () => {
    let said = 'Copied';
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Without the right to the clipboard, as on an address without TLS, the command is marked.
      getSelection().selectAllChildren(code);
      said = 'Marked: copy it';
    }
    say(button, said);
    setTimeout(() => say(button, 'Copy'), 2500);
  });
}
