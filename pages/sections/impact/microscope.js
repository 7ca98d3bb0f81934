export default function ({ parentElement, data, setStateValue }) {
  const part = (name) => parentElement.querySelector(`[data-part=${name}]`);
  const boards = part("boards");
  const { panels, rows, columns, colours } = data;
  boards.ariaLabel = data.label;

  const element = (tag, name, text = "") => {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    return made;
  };

  const mix = (colour, percent) => `color-mix(in srgb, ${colour} ${percent}%, transparent)`;

  // Panels stand so that the same pixel is at the same height in all of them, where that has room.
  const shown = panels.filter((panel) => !panel.refused);
  const [top, left] = ["top", "left"].map((side) => Math.min(...shown.map((panel) => panel[side])));
  const widest = Math.max(...shown.map((panel) => panel.width));
  const reach = Math.max(...shown.map((panel) => panel.left - left + panel.width));
  const aligned = reach <= widest + 4;
  const across = aligned ? reach : widest;

  function grid(panel, kind, texts) {
    const cells = element("div", `cells ${kind}`);
    cells.ariaHidden = "true";
    const drawn = texts.flatMap((text, at) => (text === null ? [] : [at]));
    const inRow = new Set(drawn.map((at) => at % panel.width));
    const start = Math.min(...inRow) + (aligned ? panel.left - left : 0);
    cells.style.gridTemplateColumns = `repeat(${inRow.size}, 1fr)`;
    cells.style.width = `${(100 * inRow.size) / across}%`;
    cells.style.marginLeft = `${(100 * start) / across}%`;
    for (const at of drawn) {
      const cell = element("i", panel.padded[at] ? "padded" : "own", texts[at]);
      if (panel.padded[at]) cell.style.borderColor = colours.padded;
      if (kind === "counts") cell.style.background = mix(colours.unpadded, 55 * panel.shades[at]);
      if (at === panel.chosen) cell.classList.add("chosen");
      if (at === panel.chosen) cell.style.outlineColor = colours.unpadded;
      cells.append(cell);
    }
    return cells;
  }

  function board(panel) {
    const made = element("div", "panel");
    made.append(element("p", "name", panel.name), element("p", "about", panel.about));
    if (panel.refused) {
      made.append(element("p", "refused", panel.refused));
      return made;
    }
    const values = grid(panel, "values", panel.values);
    const frame = element("b", "window");
    frame.style.borderColor = colours.padded;
    values.append(frame);
    if (aligned) values.style.marginTop = `${(100 * (panel.top - top)) / across}%`;
    const grids = element("div", "grids");
    grids.append(values);
    for (const name of ["sum", "padding", "pixel"]) grids.append(element("p", name));
    grids.append(grid(panel, "counts", panel.counts));
    made.append(grids);
    values.onpointerdown = (event) => values.setPointerCapture(event.pointerId);
    values.onpointermove = (event) => {
      if (event.pointerType === "touch" && !values.hasPointerCapture(event.pointerId)) return;
      const box = values.getBoundingClientRect();
      const cell = box.width / panel.width;
      move(
        nearest(rows, panel.top + Math.floor((event.clientY - box.y) / cell)),
        nearest(columns, panel.left + Math.floor((event.clientX - box.x) / cell))
      );
    };
    values.addEventListener("pointerdown", values.onpointermove);
    return made;
  }

  const nearest = (places, wanted) => {
    const away = places.map((place) => Math.abs(place - wanted));
    return away.indexOf(Math.min(...away));
  };

  function show(panel, made) {
    if (panel.refused) return;
    const seen = panel.windows[`${rows[at.row]} ${columns[at.column]}`];
    const cells = made.querySelectorAll(".values i");
    cells.forEach((cell) => cell.classList.remove("under"));
    const frame = made.querySelector(".window");
    frame.hidden = !seen;
    for (const name of ["sum", "padding", "pixel"]) {
      made.querySelector(`.${name}`).textContent = seen ? seen[name] : "";
    }
    if (!seen) {
      made.querySelector(".sum").textContent = data.nothing;
      return;
    }
    const placed = seen.cells.map((cell) => [Math.floor(cell / panel.width), cell % panel.width]);
    const [first, last] = [placed[0], placed.at(-1)];
    const height = panel.values.length / panel.width;
    frame.style.inset = [
      (100 * first[0]) / height, 100 - (100 * (last[1] + 1)) / panel.width,
      100 - (100 * (last[0] + 1)) / height, (100 * first[1]) / panel.width,
    ].map((share) => `${share}%`).join(" ");
    cells.forEach((cell) => (cell.style.background = ""));
    for (const cell of seen.cells) {
      cells[cell].classList.add("under");
      cells[cell].style.background = mix(colours.padded, 28);
    }
  }

  const clamp = (index, places) => Math.max(0, Math.min(places.length - 1, index));

  function move(row, column, speak = false) {
    [at.row, at.column] = [clamp(row, rows), clamp(column, columns)];
    boards.dataset.row = rows[at.row];
    boards.dataset.column = columns[at.column];
    panels.forEach((panel, index) => show(panel, boards.children[index]));
    if (!speak) return;
    const found = panels.filter((panel) => !panel.refused).map((panel) => {
      const seen = panel.windows[`${rows[at.row]} ${columns[at.column]}`];
      return `${panel.about}: ${seen ? `${seen.sum}, ${seen.padding}` : data.nothing}`;
    });
    part("spoken").textContent =
      `Row ${rows[at.row]}, column ${columns[at.column]}. ${found.join("; ")}`;
  }

  const held = boards.dataset.shown === data.name;
  const at = {
    row: nearest(rows, held ? Number(boards.dataset.row) : data.row),
    column: nearest(columns, held ? Number(boards.dataset.column) : data.column),
  };
  boards.dataset.shown = data.name;
  boards.replaceChildren(...panels.map(board));
  const STEPS = {
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
  };
  const choose = (row, column) => {
    const inside = row >= 0 && row < data.height && column >= 0 && column < data.width;
    if (inside) setStateValue("pixel", [row, column]);
  };
  boards.onkeydown = (event) => {
    const step = STEPS[event.key];
    const chosen = event.key === "Enter";
    if (!(step || chosen) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (step) move(at.row + step[0], at.column + step[1], true);
    else choose(rows[at.row], columns[at.column]);
  };
  move(at.row, at.column);
}
