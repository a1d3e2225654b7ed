// The documentation's pages: tabs that agree, copy buttons, samples filled with the reader's own values.
'use strict';

(() => {
  const REMEMBERED = 'smsflow.docs.language';

  // A browser may refuse storage; the page then forgets, and works.
  const recall = () => {
    try { return localStorage.getItem(REMEMBERED); } catch { return null; }
  };
  const remember = (language) => {
    try { localStorage.setItem(REMEMBERED, language); } catch { /* see recall */ }
  };

  const make = (tag, attributes) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  // ---- Tabs: every list of samples becomes a tab list; choosing a language in one chooses it in all.
  const tabLists = [];

  const choose = (language) => {
    for (const tabs of tabLists) {
      for (const tab of tabs) {
        const chosen = tab.dataset.language === language;
        tab.setAttribute('aria-selected', String(chosen));
        tab.tabIndex = chosen ? 0 : -1;
        document.getElementById(tab.getAttribute('aria-controls')).hidden = !chosen;
      }
    }
  };

  // The height above the tab that was used can change: keep that tab where the reader sees it.
  const chooseAt = (tab) => {
    const before = tab.getBoundingClientRect().top;
    choose(tab.dataset.language);
    remember(tab.dataset.language);
    window.scrollBy(0, tab.getBoundingClientRect().top - before);
  };

  const moves = {
    ArrowRight: (at, count) => (at + 1) % count,
    ArrowLeft: (at, count) => (at + count - 1) % count,
    Home: () => 0,
    End: (_at, count) => count - 1,
  };

  const makeTabs = (samples) => {
    const list = make('div', { class: 'tabs', role: 'tablist', 'aria-label': samples.dataset.label });
    const tabs = [];
    for (const entry of samples.querySelectorAll('details')) {
      const { language } = entry.dataset;
      const id = `${samples.dataset.samples}-${language}`;
      const tab = make('button', {
        type: 'button', role: 'tab', id: `${id}-tab`, 'aria-controls': id, 'data-language': language,
      });
      tab.textContent = entry.querySelector('summary').textContent;
      const panel = make('div', { role: 'tabpanel', id, 'aria-labelledby': tab.id });
      panel.append(entry.querySelector('.box'));
      entry.replaceWith(panel);
      list.append(tab);
      tabs.push(tab);
    }
    list.addEventListener('click', (event) => {
      const tab = event.target.closest('[role=tab]');
      if (tab) chooseAt(tab);
    });
    list.addEventListener('keydown', (event) => {
      const move = moves[event.key];
      if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const tab = tabs[move(tabs.indexOf(event.target), tabs.length)];
      tab.focus();
      chooseAt(tab);
    });
    samples.prepend(list);
    tabLists.push(tabs);
  };

  // ---- Copy buttons
  const said = document.getElementById('said');

  // navigator.clipboard exists only over HTTPS and on localhost.
  const copyOldWay = (text) => {
    const area = make('textarea', { readonly: '', class: 'unseen', tabindex: '-1' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyOldWay(text);
    }
  };

  const makeCopyButton = (box) => {
    const { copy: label, copied, copyFailed } = document.body.dataset;
    const button = make('button', { type: 'button', class: 'copy' });
    button.textContent = label;
    let pending;
    button.addEventListener('click', async () => {
      const done = await copy(`${box.querySelector('code').textContent}\n`);
      button.focus();
      said.textContent = '';
      said.textContent = done ? copied : copyFailed;
      button.textContent = done ? copied : label;
      clearTimeout(pending);
      pending = setTimeout(() => { button.textContent = label; said.textContent = ''; }, 2000);
    });
    box.querySelector('figcaption').append(button);
  };

  // ---- The reader's own values: only what every sample can quote goes into one.
  const allowed = { token: /[^\w.~-]/g, number: /[^\d+ .-]/g };

  const fillFrom = (input) => {
    const slots = document.querySelectorAll(`[data-slot="${input.dataset.fills}"]`);
    const originals = new Map([...slots].map((slot) => [slot, slot.textContent]));
    const fill = () => {
      const value = input.value.trim().replace(allowed[input.dataset.fills], '');
      for (const [slot, original] of originals) slot.textContent = value || original;
    };
    input.addEventListener('input', fill);
    fill();
  };

  // ---- Contents: closed on a phone, open beside the text; the section being read is marked.
  const followContents = () => {
    const details = document.querySelector('.contents details');
    const wide = matchMedia('(min-width: 56rem)');
    const fit = () => { details.open = wide.matches; };
    wide.addEventListener('change', fit);
    fit();
    details.addEventListener('click', (event) => {
      if (event.target.closest('a') && !wide.matches) details.open = false;
    });

    const links = new Map([...details.querySelectorAll('a')].map((link) => [link.hash.slice(1), link]));
    const mark = (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute('aria-current');
        links.get(target.id)?.setAttribute('aria-current', 'true');
      }
    };
    const observer = new IntersectionObserver(mark, { rootMargin: '-15% 0px -80% 0px' });
    for (const section of document.querySelectorAll('main > section')) observer.observe(section);
  };

  // The other language opens at the section that the address names: to reach the link one has left what one was reading.
  const keepPlace = () => {
    const link = document.querySelector('.language');
    link.addEventListener('click', () => { link.hash = location.hash; });
  };

  // Elements that were built above it moved the section that the address names.
  const land = () => {
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  };

  document.querySelectorAll('[data-samples]').forEach(makeTabs);
  const languages = tabLists[0].map((tab) => tab.dataset.language);
  const known = recall();
  choose(languages.includes(known) ? known : languages[0]);
  document.querySelectorAll('.box').forEach(makeCopyButton);
  document.querySelectorAll('[data-fills]').forEach(fillFrom);
  document.querySelectorAll('.try').forEach((form) => { form.hidden = false; });
  followContents();
  keepPlace();
  land();
})();
