// The counter below a message: the rules of smsflow/domain/segments.py by the tables that the server makes of its own.

export function gsm(text, tables) {
  return Array.from(text).every((character) => tables.basic.includes(character) || tables.extension.includes(character));
}

export function count(text, tables) {
  // Nothing is no SMS yet.
  if (text === '') return { segments: 0, units: 0, cheap: true };
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

// The text, cut where the economy version writes something else: pairs of what is written and what would be.
export function pieces(text, tables) {
  if (gsm(text, tables)) return [[text, text]];
  const found = [];
  for (let rest = text; rest;) {
    const sequence = tables.sequences.find(([written]) => rest.startsWith(written));
    const [written, cheap] = sequence ?? [String.fromCodePoint(rest.codePointAt(0)), tables.spellings[String.fromCodePoint(rest.codePointAt(0))]];
    found.push([written, cheap ?? written]);
    rest = rest.slice(written.length);
  }
  return found;
}

function marked(line, parts, side) {
  line.replaceChildren(...parts.map((pair) => {
    if (pair[0] === pair[1]) return document.createTextNode(pair[side]);
    const mark = document.createElement('mark');
    mark.textContent = pair[side] || '·';
    return mark;
  }));
}

const written = new Intl.NumberFormat(document.documentElement.lang || 'fr');
function fill(sentence, values) {
  return sentence.replace(/{(\w+)}/g, (_, name) => (typeof values[name] === 'number' ? written.format(values[name]) : values[name]));
}

async function attach(field) {
  const answer = await fetch(field.dataset.counter);
  if (!answer.ok) return;
  const tables = await answer.json();
  const box = document.getElementById('counter');
  const offer = document.getElementById('economy');
  const preview = document.getElementById('preview');
  const numbers = document.getElementById('f-to');
  const [take, back] = offer.querySelectorAll('button');
  const [mine, cheap] = offer.querySelectorAll('.bubble');
  let before = null;
  // The people on the lists are the server's; numbers that are being pasted are counted here.
  const recipients = () => Number(field.dataset.recipients || 0) + (numbers ? new Set(numbers.value.split(/[\n,;]/).map((n) => n.trim()).filter(Boolean)).size : 0);
  const show = () => {
    const text = field.value.normalize('NFC');
    const now = count(text, tables);
    box.textContent = fill(box.dataset.said, { units: now.units, segments: now.segments, alphabet: now.cheap ? box.dataset.gsm : box.dataset.unicode });
    if (preview) preview.textContent = field.value;
    const original = before === null ? text : before.normalize('NFC');
    const whole = economy(original, tables);
    const from = count(original, tables).segments;
    const to = count(whole, tables).segments;
    offer.hidden = to >= from;
    take.hidden = before !== null;
    back.hidden = before === null;
    const people = recipients();
    const sentence = people > 1 ? offer.dataset.many : offer.dataset.said;
    offer.querySelector('h2').textContent = fill(sentence, { from, to, saved: (from - to) * people, n: people });
    const parts = pieces(original, tables);
    const whole_parts = parts.map((pair) => pair[1]).join('') === whole ? parts : [[original, whole]];
    marked(mine, whole_parts, 0);
    marked(cheap, whole_parts, 1);
  };
  take.addEventListener('click', () => { before = field.value; field.value = economy(field.value.normalize('NFC'), tables); show(); back.focus(); });
  back.addEventListener('click', () => { field.value = before; before = null; show(); field.focus(); });
  field.addEventListener('input', () => { before = null; show(); });
  numbers?.addEventListener('input', show);
  show();
}

document.querySelectorAll('[data-counter]').forEach(attach);
