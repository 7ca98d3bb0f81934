export default function ({ parentElement, data, setStateValue }) {
  const SIZE = 28;
  const part = (name) => parentElement.querySelector(`[data-part=${name}]`);
  const paper = part("paper");
  const pen = part("pen");
  const shift = part("shift");
  const both = part("both");
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const element = (tag, name = "", text = "") => {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    return made;
  };

  // What is drawn outlives a new call of this function, which comes with every answer.
  const state = (paper.drawing ??= { digit: new Uint8Array(SIZE * SIZE), row: 13, column: 13 });
  if (state.version !== data.version) {
    state.version = data.version;
    state.digit = bytes(data.digit);
    state.sent = data.digit;
    state.fresh = data.fresh;
  }
  paper.ariaLabel = data.paper;

  function paint(canvas, greys, size, colour) {
    canvas.width = canvas.height = size;
    const image = new ImageData(size, size);
    greys.forEach((grey, at) => image.data.set([...colour(grey), 255], 4 * at));
    canvas.getContext("2d").putImageData(image, 0, 0);
  }
  const grey = (value) => [value, value, value];
  const colours = bytes(data.scale);
  const heat = (value) => colours.subarray(3 * value, 3 * value + 3);

  const drawPaper = () => paint(paper, state.digit, SIZE, grey);

  // A pen a little wider than a pixel, whose edge is soft, as MNIST's strokes are.
  function dot(x, y) {
    if (state.fresh) clear();
    for (let row = 0; row < SIZE; row++) {
      for (let column = 0; column < SIZE; column++) {
        const away = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const ink = Math.round(255 * Math.max(0, Math.min(1, 1.9 - away)));
        const at = row * SIZE + column;
        if (ink > state.digit[at]) state.digit[at] = ink;
      }
    }
  }
  function stroke(from, to) {
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
    for (let step = 0; step <= steps; step++) {
      const part = step / steps;
      dot(from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1]));
    }
    drawPaper();
  }
  function clear() {
    state.digit = new Uint8Array(SIZE * SIZE);
    state.fresh = false;
    drawPaper();
  }
  function send() {
    const digit = btoa(String.fromCharCode(...state.digit));
    if (digit === state.sent) return;
    state.sent = digit;
    both.classList.add("waiting");
    setStateValue("digit", digit);
  }

  const place = (event) => {
    const box = paper.getBoundingClientRect();
    return [
      (SIZE * (event.clientX - box.x)) / box.width, (SIZE * (event.clientY - box.y)) / box.height,
    ];
  };
  paper.onpointerdown = (event) => {
    paper.setPointerCapture(event.pointerId);
    state.last = place(event);
    pen.hidden = true;
    stroke(state.last, state.last);
  };
  paper.onpointermove = (event) => {
    if (!paper.hasPointerCapture(event.pointerId)) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      const here = place(each);
      stroke(state.last, here);
      state.last = here;
    }
  };
  paper.onpointerup = paper.onpointercancel = send;

  const STEPS = {
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
  };
  const within = (number) => Math.max(0, Math.min(SIZE - 1, number));
  function showPen() {
    pen.hidden = false;
    pen.style.color = data.colours.padded;
    pen.style.inset = `${(100 * state.row) / SIZE}% auto auto ${(100 * state.column) / SIZE}%`;
  }
  const ink = () => stroke(
    [state.column + 0.5, state.row + 0.5], [state.column + 0.5, state.row + 0.5]
  );
  paper.onkeydown = (event) => {
    const step = STEPS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (step) {
      [state.row, state.column] = [within(state.row + step[0]), within(state.column + step[1])];
      if (state.down) ink();
    } else if (event.key === " ") {
      state.down = true;
      ink();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
      send();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    showPen();
  };
  paper.onkeyup = (event) => {
    if (event.key !== " ") return;
    state.down = false;
    send();
  };
  paper.onblur = () => {
    pen.hidden = true;
    if (state.down) send();
    state.down = false;
  };
  part("clear").onclick = () => {
    clear();
    send();
  };

  const names = Object.keys(data.arms);
  if (both.children.length !== names.length) {
    both.replaceChildren(...names.map((name) => {
      const arm = element("div", "arm");
      arm.append(element("p", "name"));
      for (const kind of data.kinds) {
        const figure = element("figure");
        const image = element("div", "image");
        const canvas = element("canvas");
        canvas.setAttribute("role", "img");
        image.append(canvas, element("i"));
        figure.append(image, element("figcaption", "", kind));
        arm.append(figure);
      }
      const figures = element("div", "figures");
      figures.append(element("p", "large"), element("p"), element("p", "large"), element("p"));
      arm.append(figures);
      return arm;
    }));
  }

  function draw() {
    const at = Number(shift.value);
    names.forEach((name, index) => {
      const { size, title, places } = data.arms[name];
      const arm = both.children[index];
      const here = places[at];
      arm.querySelector(".name").textContent = title;
      arm.querySelectorAll("canvas").forEach((canvas, nth) => {
        paint(canvas, bytes(here.pictures[nth]), size, nth === 2 ? heat : grey);
        canvas.ariaLabel = `${data.kinds[nth]}, ${name}: ${here.said}`;
        const frame = canvas.nextSibling;
        frame.hidden = size === SIZE;
        frame.style.color = data.colours.padded;
        frame.style.inset = `${(50 * (size - SIZE)) / size}%`;
      });
      arm.querySelectorAll(".figures p").forEach((line, nth) => {
        line.textContent = here.figures[nth];
      });
    });
    part("label").textContent = data.labels[at];
    part("sentence").textContent = data.sentences[at];
  }
  shift.max = data.labels.length - 1;
  if (shift.dataset.drawn === undefined) shift.value = 0;
  shift.dataset.drawn = "";
  shift.oninput = draw;
  if (state.sent === data.digit) both.classList.remove("waiting");
  drawPaper();
  draw();
}
