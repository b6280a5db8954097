"use strict";
// Builds the map of guardrails and the list of findings from the data in the page. Text only ever becomes text nodes and
// attributes without a meaning to the browser; nothing is parsed as HTML.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { rules, rows, guardrails, findings, sheets, texts } = data;

  // Fields of a finding, in the order in which they are written.
  const [RULE, SEVERITY, CATEGORY, CONFIDENCE, MESSAGE, HELP, WHY, URL_, ROW, NAME, RESOURCE, SID, KIND, SHEETS, LABELS,
    PLACE, POINTER, PRINT, FIRST, FLAGS, ACCEPTED, FIXES, WAS] = Array.from({ length: 23 }, (_, i) => i);
  const NEW = 1, CHANGED = 2, SUPPRESSED = 4, REOPENED = 8, AWS_ALONE = 16, NOT_AWS = 32;
  const severities = ["info", "low", "medium", "high", "critical"];
  const categories = ["correctness", "security", "guardrail", "style"];
  const confidences = ["low", "medium", "high"];
  const standings = {
    h: ["✓", "held"], o: ["✕", "open"], u: ["?", "undecided"], b: ["○", "not bound"], n: ["–", "not applicable"],
  };
  const states = { new: NEW, reopened: REOPENED, changed: CHANGED };
  const PAGE = 50, PRINTED = 500;

  const byId = (id) => document.getElementById(id);
  const number = (n) => n.toLocaleString("en-US");
  const plural = (n, one, many) => `${number(n)} ${n === 1 ? one : many}`;

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === true) node.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  const button = (attributes, ...children) => el("button", { type: "button", ...attributes }, ...children);

  /** Prose: what stands between backticks becomes code. */
  function prose(text) {
    const pieces = text.split("`");
    if (pieces.length % 2 === 0) return [text];
    return pieces.map((piece, i) => (i % 2 ? el("code", null, piece) : piece)).filter((p) => p !== "");
  }

  function paragraphs(text) {
    const parts = text.split("\n\n").map((p) => p.split("\n").map((l) => l.trim()).join(" ").trim());
    return parts.filter((p) => p).map((p) => el("p", null, ...prose(p)));
  }

  function link(address) {
    const safe = /^https?:\/\/[A-Za-z0-9\-._~:/?#@!$&*+,;=%]+$/.test(address);
    return safe ? el("a", { href: address, rel: "noreferrer noopener" }, address) : document.createTextNode(address);
  }

  const badge = (severity) => el("span", { class: `badge ${severities[severity]}` }, severities[severity]);
  const day = (at) => (/^\d{4}-\d\d-\d\dT/.test(at) ? at.slice(0, 10) : at);

  // ---- the tree -------------------------------------------------------------------------------------------------

  const row = (i) => { const [id, name, depth, unit, above, cells] = rows[i]; return { id, name, depth, unit, above, cells }; };
  const label = (i) => (i < 0 ? "" : rows[i][1] || rows[i][0]);
  const rowById = new Map(rows.map((r, i) => [r[0], i]));
  const ruleById = new Map(rules.map((r, i) => [r[0], i]));
  const below = rows.map(() => []);
  rows.forEach((r, i) => { if (r[4] >= 0) below[r[4]].push(i); });

  /** The row and everything below it. A row always stands after the one above it. */
  function within(top) {
    const inside = new Uint8Array(rows.length);
    inside[top] = 1;
    for (let i = top + 1; i < rows.length; i++) if (rows[i][4] >= 0 && inside[rows[i][4]]) inside[i] = 1;
    return inside;
  }

  // ---- filters --------------------------------------------------------------------------------------------------

  const clean = () => ({
    severity: new Set(), category: new Set(), rule: -1, account: -1, unit: -1, state: "", suppressed: false, q: "",
    sort: "severity", up: false, page: 0,
  });
  let filter = clean();
  let shown = [];
  let open = new Set();
  let haystack = null;

  function searchable() {
    haystack ||= findings.map((f) => [
      texts[f[MESSAGE]], rules[f[RULE]][0], texts[f[RESOURCE]], texts[f[NAME]], texts[f[SID]], texts[f[PLACE]],
      f[ROW] >= 0 ? `${rows[f[ROW]][0]} ${rows[f[ROW]][1]}` : "", f[PRINT], texts[f[HELP]],
    ].join("\n").toLowerCase());
    return haystack;
  }

  const orders = {
    severity: (f) => f[SEVERITY], rule: (f) => rules[f[RULE]][0], account: (f) => label(f[ROW]),
    resource: (f) => texts[f[RESOURCE]] || texts[f[NAME]], first: (f) => texts[f[FIRST]], place: (f) => texts[f[PLACE]],
  };

  /** Indices that pass, and per severity and category how many would pass if that filter alone were another one. */
  function select() {
    const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
    const hay = words.length ? searchable() : null;
    const inUnit = filter.unit >= 0 ? within(filter.unit) : null;
    const flag = states[filter.state] || 0;
    const counts = { severity: new Array(severities.length).fill(0), category: new Array(categories.length).fill(0) };
    const passed = [];
    for (let i = 0; i < findings.length; i++) {
      const f = findings[i];
      if (!filter.suppressed && f[FLAGS] & SUPPRESSED) continue;
      if (flag && !(f[FLAGS] & flag)) continue;
      if (filter.rule >= 0 && f[RULE] !== filter.rule) continue;
      if (filter.account >= 0 && f[ROW] !== filter.account) continue;
      if (inUnit && (f[ROW] < 0 || !inUnit[f[ROW]])) continue;
      if (hay && !words.every((w) => hay[i].includes(w))) continue;
      const bySeverity = !filter.severity.size || filter.severity.has(f[SEVERITY]);
      const byCategory = !filter.category.size || filter.category.has(f[CATEGORY]);
      if (byCategory) counts.severity[f[SEVERITY]]++;
      if (bySeverity) counts.category[f[CATEGORY]]++;
      if (bySeverity && byCategory) passed.push(i);
    }
    const key = orders[filter.sort];
    const keys = new Map(passed.map((i) => [i, key(findings[i])]));
    const sign = filter.up ? 1 : -1;
    passed.sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      return (x < y ? -sign : x > y ? sign : 0) || findings[b][SEVERITY] - findings[a][SEVERITY] || a - b;
    });
    return { passed, counts };
  }

  // The filters stand in the address, so that a view of the report can be passed on.
  function toHash() {
    const out = new URLSearchParams();
    if (filter.severity.size) out.set("severity", [...filter.severity].map((s) => severities[s]).join(","));
    if (filter.category.size) out.set("category", [...filter.category].map((c) => categories[c]).join(","));
    if (filter.rule >= 0) out.set("rule", rules[filter.rule][0]);
    if (filter.account >= 0) out.set("account", rows[filter.account][0]);
    if (filter.unit >= 0) out.set("unit", rows[filter.unit][0]);
    if (filter.state) out.set("state", filter.state);
    if (filter.suppressed) out.set("suppressed", "shown");
    if (filter.q) out.set("q", filter.q);
    const text = out.toString();
    try { history.replaceState(null, "", text ? `#?${text}` : "#findings"); } catch { /* not allowed here: no harm done */ }
  }

  function fromHash() {
    if (!location.hash.startsWith("#?")) return false;
    const read = new URLSearchParams(location.hash.slice(2));
    const list = (key, names) => new Set((read.get(key) || "").split(",").map((n) => names.indexOf(n)).filter((n) => n >= 0));
    const find = (key, map) => { const at = map.get(read.get(key)); return at === undefined ? -1 : at; };
    filter = {
      ...clean(), severity: list("severity", severities), category: list("category", categories), rule: find("rule", ruleById),
      account: find("account", rowById), unit: find("unit", rowById), q: read.get("q") || "",
      state: Object.hasOwn(states, read.get("state") || "") ? read.get("state") : "", suppressed: read.get("suppressed") === "shown",
    };
    return true;
  }

  // ---- the filter bar -------------------------------------------------------------------------------------------

  const bar = {};

  function option(value, text) { return el("option", { value }, text); }

  /** Rules, accounts and units that have a finding, with how many. */
  function choices(kind) {
    const counts = new Map();
    const add = (key) => counts.set(key, (counts.get(key) || 0) + 1);
    for (const f of findings) {
      if (f[FLAGS] & SUPPRESSED) continue;
      if (kind === "rule") add(f[RULE]);
      else if (kind === "account") { if (f[ROW] >= 0 && !rows[f[ROW]][3]) add(f[ROW]); }
      else for (let i = f[ROW]; i >= 0; i = rows[i][4]) if (rows[i][3]) add(i);
    }
    // Of what has none, only what a link can lead to is offered.
    if (kind === "rule") guardrails.forEach((g) => counts.has(g) || counts.set(g, 0));
    else rows.forEach((r, i) => { if (Boolean(r[3]) === (kind === "unit") && !counts.has(i)) counts.set(i, 0); });
    const all = [...counts];
    if (kind === "unit") return all.sort((a, b) => a[0] - b[0]).map(([i, n]) => [i, `${"\u2003".repeat(rows[i][2])}${label(i)} (${number(n)})`]);
    const name = kind === "rule" ? (i) => rules[i][0] : (i) => (rows[i][1] ? `${rows[i][1]} · ${rows[i][0]}` : rows[i][0]);
    return all.map(([i, n]) => [i, `${name(i)} (${number(n)})`]).sort((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
  }

  function buildBar() {
    const chips = (kind, names, order) => el("fieldset", { class: "chips" }, el("legend", null, kind),
      ...order.map((i) => {
        const chip = button({ class: `chip ${names[i]}`, "aria-pressed": "false", "data-chip": kind },
          names[i], " ", el("span", { class: "count" }));
        chip.addEventListener("click", () => { toggle(filter[kind], i); change(); });
        (bar[kind] ||= [])[i] = chip;
        return chip;
      }));
    const picker = (kind, title) => {
      const list = choices(kind);
      if (list.length < 2) return null;
      const select = el("select", { id: `by-${kind}` }, option("-1", `all (${number(list.length)})`), ...list.map(([i, text]) => option(i, text)));
      select.addEventListener("change", () => { filter[kind] = Number(select.value); change(); });
      bar[`by-${kind}`] = select;
      return el("label", { class: "field" }, el("span", null, title), select);
    };
    const toggleButton = (name, text, act) => {
      bar[name] = button({ class: "chip", "aria-pressed": "false", id: `only-${name}` }, text);
      bar[name].addEventListener("click", () => { act(); change(); });
      return bar[name];
    };
    const any = (flag) => findings.reduce((n, f) => n + (f[FLAGS] & flag ? 1 : 0), 0);
    const words = { new: "new only", reopened: "back again only", changed: "changed only" };
    const marks = Object.entries(states).filter(([, flag]) => any(flag)).map(([name, flag]) =>
      toggleButton(name, `${words[name]} (${number(any(flag))})`, () => { filter.state = filter.state === name ? "" : name; }));
    if (any(SUPPRESSED)) marks.push(toggleButton("suppressed", `show suppressed (${number(any(SUPPRESSED))})`, () => { filter.suppressed = !filter.suppressed; }));
    bar.q = el("input", { type: "search", id: "q", placeholder: "message, rule, ARN, account, file…", autocomplete: "off", spellcheck: "false" });
    let pause = 0;
    bar.q.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(() => { filter.q = bar.q.value; change(); }, 90); });
    bar.clear = button({ class: "plain", id: "clear" }, "Clear all filters");
    bar.clear.addEventListener("click", () => { filter = clean(); change(); bar.q.focus(); });
    bar.status = el("p", { id: "status", role: "status", "aria-live": "polite" });
    byId("filters").append(
      el("div", { class: "fields" }, el("label", { class: "field wide" }, el("span", null, "Search"), bar.q),
        ...[picker("rule", "Rule"), picker("unit", "Unit"), picker("account", "Account")].filter(Boolean)),
      el("div", { class: "fields" }, chips("severity", severities, [4, 3, 2, 1, 0]), chips("category", categories, [1, 2, 0, 3].filter((c) => findings.some((f) => f[CATEGORY] === c))),
        marks.length ? el("fieldset", { class: "chips" }, el("legend", null, "status"), ...marks) : null),
      el("div", { class: "result" }, bar.status, bar.clear));
  }

  function toggle(set, value) { if (!set.delete(value)) set.add(value); }

  function paintBar(counts) {
    for (const [kind, names] of [["severity", severities], ["category", categories]]) {
      names.forEach((_, i) => {
        const chip = bar[kind]?.[i];
        if (!chip) return;
        chip.setAttribute("aria-pressed", String(filter[kind].has(i)));
        chip.lastChild.textContent = number(counts[kind][i]);
        chip.classList.toggle("none", counts[kind][i] === 0);
      });
    }
    for (const kind of ["rule", "account", "unit"]) if (bar[`by-${kind}`]) bar[`by-${kind}`].value = String(filter[kind]);
    for (const name of Object.keys(states)) bar[name]?.setAttribute("aria-pressed", String(filter.state === name));
    bar.suppressed?.setAttribute("aria-pressed", String(filter.suppressed));
    if (bar.q.value !== filter.q) bar.q.value = filter.q;
    const total = findings.reduce((n, f) => n + (f[FLAGS] & SUPPRESSED && !filter.suppressed ? 0 : 1), 0);
    bar.status.textContent = shown.length === total ? plural(total, "finding", "findings") : `${number(shown.length)} of ${plural(total, "finding", "findings")}`;
    bar.clear.hidden = shown.length === total && !filter.q;
  }

  // ---- the list -------------------------------------------------------------------------------------------------

  const columns = [["severity", "Severity"], ["rule", "Finding"], ["account", "Account"], ["resource", "Resource"], ["first", "First seen"]];
  const list = {};

  function buildList() {
    const dated = findings.some((f) => f[FIRST]);
    const placed = findings.some((f) => f[ROW] >= 0);
    list.columns = columns.filter(([key]) => (key !== "first" || dated) && (key !== "account" || placed));
    list.heads = list.columns.map(([key, title]) => {
      const sort = button({ class: "sort", title: key === "rule" ? "sort by rule" : `sort by ${title.toLowerCase()}` }, title, el("span", { class: "arrow", "aria-hidden": "true" }));
      sort.addEventListener("click", () => {
        if (filter.sort === key) filter.up = !filter.up;
        else { filter.sort = key; filter.up = key !== "severity"; }
        change();
      });
      return el("th", { scope: "col", role: "columnheader", class: key, "data-key": key }, sort);
    });
    list.body = el("tbody", { role: "rowgroup" });
    list.table = el("table", { class: "findings", role: "table", "aria-labelledby": "findings-title" },
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, el("th", { scope: "col", role: "columnheader", class: "toggle" }, el("span", { class: "vh" }, "Details")), ...list.heads)), list.body);
    list.empty = el("p", { class: "empty", hidden: true });
    list.pager = el("nav", { class: "pager", "aria-label": "Pages of findings" });
    list.printed = el("p", { class: "printed" });
    byId("list").append(list.table, list.empty, list.pager, list.printed);
  }

  function paintList(from, to) {
    list.heads.forEach((head) => {
      const mine = head.dataset.key === filter.sort;
      if (mine) head.setAttribute("aria-sort", filter.up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
      head.querySelector(".arrow").textContent = mine ? (filter.up ? " ▲" : " ▼") : "";
    });
    const parts = [];
    for (const i of shown.slice(from, to)) {
      parts.push(line(i));
      if (open.has(i)) parts.push(detail(i));
    }
    list.body.replaceChildren(...parts);
    list.table.hidden = shown.length === 0;
    list.empty.hidden = shown.length > 0;
    list.empty.textContent = findings.length ? "No finding passes these filters." : "There are no findings.";
  }

  function line(i) {
    const f = findings[i];
    const expander = button({ class: "expand", "aria-expanded": String(open.has(i)), "aria-controls": `d${i}`, "aria-label": `Details of ${severities[f[SEVERITY]]}: ${texts[f[MESSAGE]]}` }, el("span", { "aria-hidden": "true" }, "›"));
    const cells = {
      severity: () => [badge(f[SEVERITY])],
      rule: () => [el("span", { class: "message" }, ...prose(texts[f[MESSAGE]])), " ", el("small", null, rules[f[RULE]][0]),
        f[FLAGS] & NEW ? el("span", { class: "tag new" }, "new") : null, f[FLAGS] & REOPENED ? el("span", { class: "tag new" }, "back again") : null, f[FLAGS] & CHANGED ? el("span", { class: "tag" }, "changed") : null,
        f[FLAGS] & AWS_ALONE ? el("span", { class: "tag" }, "told by AWS alone") : null, f[FLAGS] & NOT_AWS ? el("span", { class: "tag" }, "not reported by AWS") : null,
        f[FLAGS] & SUPPRESSED ? el("span", { class: "tag" }, "suppressed") : null],
      account: () => (f[ROW] < 0 ? [] : [el("span", { class: "clamp", title: label(f[ROW]) }, label(f[ROW])), rows[f[ROW]][1] ? el("small", null, rows[f[ROW]][0]) : null]),
      resource: () => [el("code", null, texts[f[RESOURCE]] || texts[f[NAME]] || texts[f[PLACE]])],
      first: () => [day(texts[f[FIRST]])],
    };
    const made = list.columns.map(([key]) => el("td", { role: "cell", class: key }, ...cells[key]()));
    const tr = el("tr", { role: "row", class: `line${f[FLAGS] & SUPPRESSED ? " off" : ""}`, "data-i": i }, el("td", { role: "cell", class: "toggle" }, expander), ...made);
    return tr;
  }

  function unfold(tr) {
    const i = Number(tr.dataset.i);
    const expander = tr.querySelector(".expand");
    if (open.delete(i)) {
      tr.nextSibling?.remove();
    } else {
      open.add(i);
      tr.after(detail(i));
    }
    expander.setAttribute("aria-expanded", String(open.has(i)));
  }

  function detail(i) {
    const f = findings[i];
    const [id, title, rationale, remediation, references] = rules[f[RULE]];
    const part = (name, ...nodes) => el("div", { class: "part" }, el("h4", null, name), ...nodes);
    const out = f[SHEETS].map(([sheet, heading]) => figure(sheets[sheet], texts[heading], f[LABELS]));
    const why = texts[f[WHY]] || rationale;
    const help = texts[f[HELP]] || remediation;
    if (why) out.push(part("Why it matters", ...paragraphs(why)));
    if (help) out.push(part("How to mend it", ...paragraphs(help)));
    if (remediation && texts[f[HELP]] && remediation.trim() !== texts[f[HELP]].trim()) out.push(part("What the rule asks for", ...paragraphs(remediation)));
    for (const [name, safety, text] of f[FIXES]) {
      const remark = { suggest: "a sketch: values are missing", unsafe: "may change who has access", safe: "keeps the meaning" }[safety];
      out.push(part("Suggested edit", el("p", null, ...prose(texts[name]), remark ? ` (${remark})` : ""), texts[text] ? el("pre", null, texts[text]) : ""));
    }
    const links = [...new Set([texts[f[URL_]], ...references])].filter(Boolean);
    if (links.length) out.push(part("Read on", el("ul", null, ...links.map((address) => el("li", null, link(address))))));
    const at = f[ROW] >= 0 ? rows[f[ROW]] : null;
    const facts = [
      ["Rule", title ? `${id}: ${title}` : id], ["Category", categories[f[CATEGORY]]], ["Confidence", confidences[f[CONFIDENCE]]],
      [at && at[3] ? "Unit" : "Account", at ? [at[1], at[0]].filter(Boolean).join(" · ") : ""], ["Within", at ? path(f[ROW]) : ""],
      ["Policy", [texts[f[KIND]], texts[f[NAME]]].filter(Boolean).join(" ")], ["Resource", texts[f[RESOURCE]]], ["Sid", texts[f[SID]]],
      ["Place", texts[f[PLACE]]], ["Pointer", texts[f[POINTER]]], ["First seen", texts[f[FIRST]]], ["It was before", texts[f[WAS]]], ["Suppressed", texts[f[ACCEPTED]]],
      ["Fingerprint", f[PRINT]],
    ].filter(([, value]) => value);
    out.push(part("Facts", el("dl", null, ...facts.flatMap(([name, value]) => [el("dt", null, name), el("dd", null, value)]))));
    const only = button({ class: "plain" }, "Only this rule");
    only.addEventListener("click", () => go({ rule: f[RULE] }));
    const here = at && !at[3] ? button({ class: "plain" }, "Only this account") : null;
    here?.addEventListener("click", () => go({ account: f[ROW] }));
    out.push(el("p", { class: "more" }, only, " ", here));
    return el("tr", { class: "detail", id: `d${i}`, role: "row" }, el("td", { colspan: list.columns.length + 1, role: "cell" }, el("div", { class: "inside" }, ...out)));
  }

  function path(i) {
    const names = [];
    for (let at = rows[i][4]; at >= 0; at = rows[at][4]) if (rows[at][4] >= 0) names.unshift(label(at));
    return names.join(" / ");
  }

  /** Source with its marks, and under each marked line its message, led up by a caret. */
  function figure([first, subtitle, text, marks], title, labels) {
    const pre = el("pre", { tabindex: "0", role: "group", "aria-label": `source, ${title}` });
    const lines = text.replace(/\n$/, "").split("\n");
    const digits = String(first + lines.length - 1).length;
    let start = 0;
    lines.forEach((body, n) => {
      const here = marks.map(([from, to, about]) => [Math.max(from - start, 0), Math.min(to - start, body.length), about, to - start <= body.length + 1])
        .filter(([from, to]) => from < to).sort((a, b) => a[0] - b[0]);
      const code = el("span", { class: "code" });
      let at = 0;
      for (const [from, to, about] of here) {
        if (to <= at) continue;
        code.append(body.slice(at, Math.max(from, at)), el("mark", { class: about === 0 ? "primary" : null }, body.slice(Math.max(from, at), to)));
        at = to;
      }
      code.append(body.slice(at));
      pre.append(el("span", { class: `no${here.length ? " hit" : ""}` }, `${String(first + n).padStart(digits)} │ `), code, "\n");
      // Lines between the first and the last of a marked block carry no message.
      for (const [from, to, about, ends] of here) {
        if (!ends) continue;
        const lead = body.slice(0, from).replace(/\S/g, " ");
        pre.append(el("span", { class: "no" }, `${" ".repeat(digits)} │ `), lead, el("span", { class: `caret${about === 0 ? " primary" : ""}` }, "^".repeat(Math.max(Math.min(to - from, 120), 1)), labels[about] && texts[labels[about]] ? ` ${texts[labels[about]]}` : ""), "\n");
      }
      start += body.length + 1;
    });
    return el("figure", null, el("figcaption", null, el("code", null, title), subtitle ? ` (${subtitle})` : ""), pre);
  }

  function paintPager() {
    const pages = Math.ceil(shown.length / PAGE);
    if (pages < 2) { list.pager.replaceChildren(); return; }
    const step = (text, page, off) => {
      const one = button({ class: "plain", disabled: off }, text);
      one.addEventListener("click", () => { filter.page = page; show(); byId("findings-title").focus({ preventScroll: true }); byId("filters").scrollIntoView(); });
      return one;
    };
    const from = filter.page * PAGE;
    list.pager.replaceChildren(
      step("« First", 0, filter.page === 0), step("‹ Previous", filter.page - 1, filter.page === 0),
      el("span", null, `${number(from + 1)}–${number(Math.min(from + PAGE, shown.length))} of ${number(shown.length)}`),
      step("Next ›", filter.page + 1, filter.page + 1 >= pages), step("Last »", pages - 1, filter.page + 1 >= pages));
  }

  function show() {
    paintList(filter.page * PAGE, filter.page * PAGE + PAGE);
    paintPager();
  }

  function change(keepHash) {
    const { passed, counts } = select();
    shown = passed;
    filter.page = 0;
    open = new Set();
    if (shown.length === 1) open.add(shown[0]);
    paintBar(counts);
    show();
    if (keepHash !== true) toHash();
  }

  /** Show the findings of some filters, and go there. */
  function go(wanted) {
    filter = { ...clean(), ...wanted };
    change();
    byId("findings").scrollIntoView();
    byId("findings-title").focus({ preventScroll: true });
  }

  // ---- the map --------------------------------------------------------------------------------------------------

  const map = { open: new Set(), gaps: false };

  function buildMap() {
    const place = byId("map");
    if (!place) return;
    // Without an organization the rows are the accounts of findings, most of them in no guardrail's reach.
    map.rows = rows.map((_, i) => i).filter((i) => rows[i][3] || rows[i][4] >= 0 || rows[i][5]);
    map.tally = rows.map(() => null);
    for (let i = rows.length - 1; i >= 0; i--) {
      const { unit, above, cells } = row(i);
      const mine = map.tally[i] || (unit ? guardrails.map(() => [0, 0, 0]) : null);
      map.tally[i] = mine;
      if (above < 0) continue;
      const up = (map.tally[above] ||= guardrails.map(() => [0, 0, 0]));
      guardrails.forEach((_, g) => {
        if (unit) for (const k of [0, 1, 2]) up[g][k] += mine[g][k];
        else { const k = "hou".indexOf(cells[g] || "n"); if (k >= 0) up[g][k] += 1; }
      });
    }
    // Level by level, as long as it stays on a screen or two.
    for (let depth = 0; depth < 9; depth++) {
      const level = map.rows.filter((i) => rows[i][3] && rows[i][2] === depth);
      level.forEach((i) => map.open.add(i));
      if (map.rows.filter(visible).length > 60) { level.forEach((i) => map.open.delete(i)); break; }
    }
    const all = button({ class: "plain" }, "Unfold all");
    const none = button({ class: "plain" }, "Fold all");
    all.addEventListener("click", () => { map.rows.forEach((i) => rows[i][3] && map.open.add(i)); paintMap(); });
    none.addEventListener("click", () => { map.open.clear(); paintMap(); });
    map.box = el("input", { type: "checkbox", id: "gaps" });
    map.box.addEventListener("change", () => { map.gaps = map.box.checked; paintMap(); });
    byId("map-tools").append(all, none, el("label", { class: "check" }, map.box, " only rows with gaps"),
      el("span", { class: "fine" }, "Below the symbol of a unit: accounts in it that are open or undecided, of all."));
    paintMap();
  }

  function gap(i) { return /[ou]/.test(rows[i][5]) || (map.tally[i] || []).some(([, o, u]) => o + u > 0); }

  function visible(i) {
    if (map.gaps) return gap(i);
    for (let at = rows[i][4]; at >= 0; at = rows[at][4]) if (!map.open.has(at)) return false;
    return true;
  }

  function paintMap() {
    const head = guardrails.map((g) => {
      const name = button({ class: "link", title: rules[g][1] || rules[g][0] }, rules[g][0]);
      name.addEventListener("click", () => go({ rule: g }));
      return el("th", { scope: "col", class: "rule" }, el("span", null, name));
    });
    const body = map.rows.filter(visible).map(mapRow);
    const table = el("table", { "aria-labelledby": "coverage-title", class: guardrails.length > 5 ? "fixed" : "fixed few" },
      el("colgroup", null, el("col", { class: "first" }), ...guardrails.map(() => el("col", { class: "one" }))),
      el("thead", null, el("tr", null, el("th", { scope: "col" }, "Unit or account"), ...head)), el("tbody", null, ...body));
    byId("map").replaceChildren(table);
  }

  function mapRow(i) {
    const { id, name, depth, unit, cells } = row(i);
    const head = [];
    if (unit && below[i].length) {
      const unfolded = map.gaps || map.open.has(i);
      head.push(button({ class: "fold", "aria-expanded": String(unfolded), "aria-label": `${unfolded ? "Fold" : "Unfold"} ${name || id}`, "data-fold": i, disabled: map.gaps }, el("span", { "aria-hidden": "true" }, "›")));
    } else head.push(el("span", { class: "fold" }));
    head.push(el("span", { class: "own" }, name || id), name ? el("small", null, ` ${id}`) : null);
    return el("tr", { class: unit ? "unit" : "account" }, el("th", { scope: "row", class: `d${Math.min(depth, 9)}` }, el("span", { class: "name", title: name ? `${name} · ${id}` : id }, ...head)),
      ...guardrails.map((g, k) => cell(i, g, k, cells[k] || "n", unit)));
  }

  // Most cells are like many others; copies of one are made faster than new ones.
  const plain = new Map(Object.entries(standings).map(([letter, [symbol, word]]) => [letter, el("td", { class: letter, "aria-label": word }, symbol)]));

  /** A unit shows its own standing, and how many of the accounts below it are open or undecided. */
  function cell(i, g, k, letter, unit) {
    const [held, opened, unsure] = (unit && map.tally[i][k]) || [0, 0, 0];
    const all = held + opened + unsure;
    const worst = unit && letter === "n" && all ? (opened ? "o" : unsure ? "u" : "h") : letter;
    if (worst !== "o" && worst !== "u" && !(opened + unsure)) return plain.get(worst).cloneNode(true);
    const [symbol, word] = standings[worst];
    const words = [letter === "n" && all ? "" : word, unit && all ? `${opened} open, ${unsure} undecided of ${all} accounts` : ""].filter(Boolean).join("; ");
    const below = unit && opened + unsure ? el("small", { class: opened ? "o" : "u" }, `${number(opened + unsure)}/${number(all)}`) : null;
    return el("td", { class: worst }, button({ class: `cell ${worst}`, title: `${words}: show findings`, "aria-label": `${rules[g][0]}, ${label(i)}: ${words}; show findings`, "data-cell": `${i},${g}` }, symbol, below));
  }

  // ---- one listener for everything that is clicked --------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const hit = event.target instanceof Element ? event.target : null;
    const control = hit?.closest("button");
    if (control) {
      const { fold, cell: at, severity, rule, row: id, state } = control.dataset;
      if (fold !== undefined) {
        toggle(map.open, Number(fold));
        paintMap();
        document.querySelector(`[data-fold="${Number(fold)}"]`)?.focus();
      } else if (at !== undefined) {
        const [i, g] = at.split(",").map(Number);
        go(rows[i][3] ? { rule: g, unit: i } : { rule: g, account: i });
      } else if (severity !== undefined) go({ severity: new Set([severities.indexOf(severity)]) });
      else if (rule !== undefined && ruleById.has(rule)) go({ rule: ruleById.get(rule) });
      else if (id !== undefined && rowById.has(id)) go(rows[rowById.get(id)][3] ? { unit: rowById.get(id) } : { account: rowById.get(id) });
      else if (state !== undefined) go({ state });
      else if (control.classList.contains("expand")) unfold(control.closest("tr"));
      return;
    }
    const tr = hit?.closest("tr.line");
    // Who selects text to copy it does not mean to open the row.
    if (tr && !hit.closest("a") && String(getSelection()) === "") unfold(tr);
  });

  // On paper there are no pages to turn, and no end either.
  addEventListener("beforeprint", () => {
    document.querySelectorAll("section.banner details, #changes details").forEach((d) => { d.open = true; });
    paintList(0, PRINTED);
    list.printed.textContent = shown.length > PRINTED ? `The first ${number(PRINTED)} of ${number(shown.length)} findings are printed; filter to print others.` : "";
  });
  addEventListener("afterprint", () => { list.printed.textContent = ""; show(); });
  addEventListener("hashchange", () => { if (fromHash()) change(true); });

  document.documentElement.classList.add("js");
  buildMap();
  buildBar();
  buildList();
  fromHash();
  change(true);
})();
