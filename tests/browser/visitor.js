// What a visitor can use and what a visitor sees, read from the page alone. Run before each page's
// own scripts; the tests call `visitor.…`.
window.visitor = (() => {
  const id = (name) => `[data-testid=${name}]`;

  // Streamlit's own: the bar above the page, the tools of charts, links to headings, helps' marks.
  const OWN_TO_STREAMLIT = [
    id("stHeader"), id("stElementToolbar"), id("stHeaderActionElements"), id("stSkipToContent"),
    "[aria-label^='Help for ']",
  ].join();
  // Gone as soon as the mouse or the keyboard moves on; the last holds what is being typed into a cell.
  const PASSING = [
    "[role=tooltip]", "[role=listbox]", "#vg-tooltip-element",
    id("stTooltipContent"), id("stSliderTickBar"), "#portal",
  ].join();
  const USABLE = [
    "a[href]", "button", "input", "select", "textarea", "summary", "iframe", "[tabindex='0']",
    "[contenteditable=true]", "[onclick]",
    ...["button", "checkbox", "link", "menuitem", "option", "radio", "slider", "switch", "tab"].map(
      (role) => `[role=${role}]`
    ),
    ...["stCode", "stDataFrame", "stVegaLiteChart"].map(id),
  ].join();

  // An element of the page is the first of these that it lies in: [inside, matches, kind], where no
  // kind means a part of another control. What lies in none of them is of an unknown kind.
  const KINDS = [
    [id("stCode"), id("stCode"), "code"],
    [id("stDataFrame"), id("stDataFrame"), "table"],
    [id("stVegaLiteChart"), id("stVegaLiteChart"), "picture"],
    [id("stNumberInput"), "input", "number"],
    [id("stNumberInput"), "button", "stepper"],
    [id("stSlider"), "input", "slider"],
    [`${id("stSelectbox")}, ${id("stMultiSelect")}`, "[role=combobox]", "select"],
    [id("stButtonGroup"), "button", "option"],
    [id("stRadio"), "input", "option"],
    [id("stCheckbox"), "input", "switch"],
    [`${id("stTextInput")}, ${id("stTextArea")}`, "input, textarea", "text"],
    [id("stFileUploaderDropzone"), "input", "upload"],
    [id("stFileUploader"), `button:not(${id("stFileUploaderDropzone")} button)`, "button"],
    [".microscope", "[role=application]", "board"],
    [".own-digit", "[role=application]", "drawing"],
    [".own-digit", "input[type=range]", "slider"],
    [".own-digit", "button", "button"],
    [id("stBidiComponentRegular"), "input[type=range]", "slider"],
    [id("stDownloadButton"), "button", "download"],
    [id("stPopover"), "button", "popover"],
    [id("stExpander"), "summary", "expander"],
    [id("stTabs"), "[role=tab]", "tab"],
    [id("stTabs"), "[role=tabpanel]", ""],
    [id("stButton"), "button", "button"],
    ["a[href]", "a[href]", "link"],
    [id("stMain"), id("stMain"), ""],
  ];
  // What these show of themselves (a number beside a slider's thumb) is no effect of theirs.
  const SETTINGS = ["number", "stepper", "slider", "select", "option", "switch", "text", "cell"];

  const seen = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1;
  };
  const words = (element) => {
    if (!element) return "";
    const copy = element.cloneNode(true);
    copy.querySelectorAll(id("stIconMaterial")).forEach((icon) => icon.remove());
    return copy.textContent.replace(/\s+/g, " ").trim();
  };

  // Of a component of our own, which is one element, no more than the control's label.
  const widget = (element) =>
    element?.closest(`${id("stBidiComponentRegular")} label`) ?? element?.closest(id("stElementContainer"));
  // Streamlit's key; of a link the page that it leads to.
  const key = (element) =>
    (element.href && element.origin + element.pathname) ??
    element.closest("[class*=st-key-]")?.className.match(/st-key-(\S+)/)?.[1] ??
    "";
  const group = (element) =>
    words(element.closest(`${id("stButtonGroup")}, ${id("stRadio")}`)?.querySelector("label"));

  function kind(element) {
    if (element.closest(`${OWN_TO_STREAMLIT}, ${PASSING}`)) return "";
    const [inside] = KINDS.find(([inside]) => element.closest(inside)) ?? [];
    if (!inside) return "unknown";
    return KINDS.find(([where, what]) => where === inside && element.matches(what))?.[2] ?? "";
  }

  function label(element, found) {
    if (found === "option") return `${group(element)}: ${words(element.closest("label") ?? element)}`;
    if (found === "stepper") {
      const field = element.closest(id("stNumberInput")).querySelector("input");
      return `${field.getAttribute("aria-label")}: ${element.getAttribute("aria-label")}`;
    }
    if (found === "code") return "to copy"; // what it says changes with the settings
    if (found === "upload") return words(element.closest(id("stFileUploader")).querySelector("label"));
    return (
      element.getAttribute("aria-label") || words(element) || words(widget(element)?.querySelector("label"))
    );
  }

  const off = (element) => element.disabled || element.getAttribute("aria-disabled") === "true";
  const chosen = (element) =>
    ["aria-checked", "aria-selected", "aria-pressed"].some((is) => element.getAttribute(is) === "true") ||
    element.checked === true ||
    (element.matches("button") && element.querySelector("strong") !== null); // as presets are marked

  // Whether there is anything to do with it now: by rule, for its kind.
  function idle(element, found) {
    if (off(element)) return true;
    if (["option", "tab", "button"].includes(found)) return chosen(element);
    if (found === "link") return new URL(element.href).pathname === location.pathname;
    if (found === "picture") return !selectable(element);
    return false;
  }

  // Streamlit tells nowhere else whether a click on a chart does something.
  function selectable(chart) {
    const react = Object.keys(chart).find((name) => name.startsWith("__reactFiber"));
    for (let fiber = chart[react]; fiber; fiber = fiber.return) {
      const modes = fiber.memoizedProps?.element?.selectionMode;
      if (modes !== undefined) return modes.length > 0;
    }
    return false;
  }

  const place = (element, found) =>
    found === "upload" ? element.closest(id("stFileUploader")) : element;

  function all() {
    const count = {};
    const list = [];
    for (const element of document.body.querySelectorAll(USABLE)) {
      const found = kind(element);
      if (!found || !seen(place(element, found)) || idle(element, found)) continue;
      if (found === "table") {
        for (const cell of cells(element)) list.push(cell);
        continue;
      }
      const name = label(element, found);
      const nth = (count[`${found} ${name}`] = (count[`${found} ${name}`] ?? -1) + 1);
      list.push({ element, kind: found, label: name, nth, key: key(element) });
    }
    return list;
  }

  // The first cell of every column that can be written into; the canvas holds them as a table.
  function cells(table) {
    const heads = [...table.querySelectorAll("canvas th")].map(words);
    const name = table.querySelector("[aria-label][role=region]")?.getAttribute("aria-label") ?? "";
    const first = [...table.querySelectorAll("canvas tbody tr:first-child td")];
    return first
      .filter((cell) => cell.getAttribute("aria-readonly") === "false")
      .map((element) => ({
        element,
        kind: "cell",
        label: `${name}: ${heads[element.getAttribute("aria-colindex") - 1]}`,
        nth: 0,
        key: key(table),
      }));
  }

  const controls = () => all().map(({ element, ...rest }) => rest);
  const find = (wanted) =>
    all().find(
      (one) => one.kind === wanted.kind && one.label === wanted.label && one.nth === wanted.nth
    )?.element ?? null;

  // A choice that has been made is no control any more: its neighbour stands for it.
  const like = (control) =>
    [...document.querySelectorAll(`${id("stButtonGroup")}, ${id("stRadio")}`)].find(
      (one) => control.label.startsWith(`${words(one.querySelector("label"))}: `)
    ) ?? null;

  // What is on screen, apart from the control itself: the address, the words and the pictures.
  // Of a page that plays on by itself only the controls: what else changes may not be theirs.
  function look(control, plays) {
    if (plays) return { address: address(), controls: controls() };
    const own = control && SETTINGS.includes(control.kind) ? widget(find(control) ?? like(control)) : null;
    const apart = (element) => element.closest(`${OWN_TO_STREAMLIT}, ${PASSING}`) || own?.contains(element);
    return { address: address(), words: said(apart), pictures: drawn(apart) };
  }

  // The same however the parameters are ordered.
  function address() {
    const url = new URL(location.href);
    url.searchParams.sort();
    return url.href;
  }

  function said(apart) {
    const parts = [];
    const shown = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data.trim();
      const parent = walker.currentNode.parentElement;
      if (!text || parent.closest("svg, script, style, noscript")) continue;
      if (!shown.has(parent)) shown.set(parent, seen(parent) && !apart(parent));
      if (shown.get(parent)) parts.push(text);
    }
    // A table is drawn on a canvas, which holds its words; how it is drawn depends on the mouse.
    for (const table of document.querySelectorAll(id("stDataFrame"))) {
      if (!seen(table) || apart(table)) continue;
      const grid = table.querySelector("canvas table");
      parts.push(`${grid?.getAttribute("aria-rowcount")} rows`, grid?.innerText ?? "");
    }
    for (const bar of document.querySelectorAll("[role=progressbar]")) {
      if (seen(bar) && !apart(bar)) parts.push(`${bar.getAttribute("aria-valuenow")} %`);
    }
    for (const field of document.querySelectorAll("input:not([type=file]), textarea")) {
      if (seen(field) && !apart(field)) parts.push(field.type === "checkbox" ? `${field.checked}` : field.value);
    }
    return parts.join("\n");
  }

  function drawn(apart) {
    const found = [];
    const pictures = `${id("stVegaLiteChart")} svg, ${id("stVegaLiteChart")} canvas, img`;
    for (const picture of document.querySelectorAll(pictures)) {
      if (seen(picture) && !apart(picture)) found.push(digest(source(picture)));
    }
    return found;
  }

  function source(picture) {
    if (picture.tagName === "CANVAS") return picture.toDataURL();
    if (picture.tagName === "IMG") return picture.currentSrc;
    // Vega counts its clip paths and gradients on, and leaves old sizes in the former.
    return picture.outerHTML.replace(/<clipPath.*?<\/clipPath>/gs, "").replace(/(clip|gradient_)\d+/g, "$1");
  }

  function digest(text) {
    let high = 0xdeadbeef;
    let low = 0x41c6ce57;
    for (let i = 0; i < text.length; i++) {
      high = Math.imul(high ^ text.charCodeAt(i), 2654435761);
      low = Math.imul(low ^ text.charCodeAt(i), 1597334677);
    }
    return `${(high >>> 0).toString(16)}${(low >>> 0).toString(16)}`;
  }

  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  let moved = true; // since still() was asked last
  let touched = true; // since changed() was
  new MutationObserver(() => (moved = touched = true)).observe(document, {
    ...{ subtree: true, childList: true, attributes: true, characterData: true },
  });
  // Whether the page is drawn and nothing has moved since the last call.
  function still() {
    const app = document.querySelector(id("stApp"));
    const busy =
      app?.dataset.testConnectionState !== "CONNECTED" ||
      app?.dataset.testScriptState !== "notRunning" ||
      document.querySelector(`${id("stSkeleton")}, ${id("stSpinner")}`) ||
      [...document.querySelectorAll(id("stDataFrame"))].some((table) => !table.querySelector("canvas table"));
    const rested = !moved && !busy;
    moved = false;
    return rested;
  }
  const forget = () => {
    moved = touched = true;
    answer = null;
  };

  const complaints = () =>
    [...document.querySelectorAll(`${id("stAlertContentError")}, ${id("stException")}`)]
      .filter(seen)
      .map(words);

  // Whether something else is on screen than `before`, a look that was taken last.
  let answer = null;
  function changed(before, control, plays) {
    const drawing = document.querySelector(`${id("stVegaLiteChart")} canvas`); // unseen by observers
    if (touched || drawing || answer === null) answer = !same(look(control, plays), before);
    touched = false;
    return answer;
  }

  // The option that is chosen beside this one; of ready-made settings the one that is marked.
  function chosenBeside(control) {
    const choice = control.closest(`${id("stButtonGroup")}, ${id("stRadio")}`);
    const beside = choice
      ? choice.querySelectorAll("button, input")
      : control.closest(id("stHorizontalBlock"))?.querySelectorAll(`${id("stButton")} button`);
    return [...(beside ?? [])].find(chosen) ?? null;
  }

  const fieldOf = (stepper) => stepper.closest(id("stNumberInput")).querySelector("input");

  const numberAlike = (field) =>
    [...document.querySelectorAll("input[type=number]")].find(
      (other) => other.value && other.min === field.min && other.max === field.max
    )?.value ?? (field.min || "0");

  return { controls, find, look, changed, still, forget, complaints, chosenBeside, fieldOf, numberAlike };
})();
