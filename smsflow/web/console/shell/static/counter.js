// The counter below a message: the rules of smsflow/domain/segments.py by the tables that the server makes of its own.

export function gsm(text, tables) {
  return Array.from(text).every((character) => tables.basic.includes(character) || tables.extension.includes(character));
}

export function count(text, tables) {
  const cheap = gsm(text, tables);
  const [single, part] = cheap ? tables.gsm7 : tables.ucs2;
  // A pair of surrogates is one character here, as in Python; an escape and its character are not split either.
  const widths = Array.from(text, (character) => (cheap ? (tables.extension.includes(character) ? 2 : 1) : character.length));
  const units = widths.reduce((sum, width) => sum + width, 0);
  if (units <= single) return { segments: 1, units, cheap };
  let segments = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > part) { segments += 1; used = 0; }
    used += width;
  }
  return { segments, units, cheap };
}

export function economy(text, tables) {
  if (gsm(text, tables)) return text;
  let respelled = Array.from(text.normalize('NFC'), (character) => tables.spellings[character] ?? character).join('');
  for (const [written, cheap] of tables.sequences) respelled = respelled.replaceAll(written, cheap);
  return respelled;
}

function fill(sentence, values) {
  return sentence.replace(/{(\w+)}/g, (_, name) => values[name]);
}

async function attach(field) {
  const answer = await fetch(field.dataset.counter);
  if (!answer.ok) return;
  const tables = await answer.json();
  const box = document.getElementById('counter');
  const offer = document.getElementById('economy');
  const [take, back] = offer.querySelectorAll('button');
  let before = null;
  const show = () => {
    const text = field.value.normalize('NFC');
    const now = count(text, tables);
    box.textContent = fill(box.dataset.said, { units: now.units, segments: now.segments, alphabet: now.cheap ? box.dataset.gsm : box.dataset.unicode });
    const cheaper = economy(text, tables);
    const then = count(cheaper, tables);
    const offers = then.segments < now.segments;
    offer.hidden = !offers && before === null;
    take.hidden = !offers;
    back.hidden = before === null;
    offer.querySelector('h2').textContent = fill(offer.dataset.said, offers ? { to: then.segments, from: now.segments } : { to: now.segments, from: before === null ? now.segments : count(before.normalize('NFC'), tables).segments });
    offer.querySelector('p').textContent = offers ? cheaper : field.value;
  };
  take.addEventListener('click', () => { before = field.value; field.value = economy(field.value.normalize('NFC'), tables); show(); field.focus(); });
  back.addEventListener('click', () => { field.value = before; before = null; show(); field.focus(); });
  field.addEventListener('input', () => { before = null; show(); });
  show();
}

document.querySelectorAll('[data-counter]').forEach(attach);
