const screen = document.documentElement.classList;
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function morph(old, fresh) {  // what stays in place can move instead of being replaced
  if (old.nodeName !== fresh.nodeName || old.childNodes.length !== fresh.childNodes.length) {
    return old.replaceWith(fresh);
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  [...fresh.childNodes].forEach((child, i) => morph(old.childNodes[i], child));
}

export default function ({ parentElement, data }) {
  const figure = parentElement.querySelector("figure");
  const said = parentElement.querySelector("p");
  const last = data.shots.length - 1;
  figure.end?.();
  let timer = null;

  function draw(at) {
    figure.at = Math.max(0, Math.min(at, last));
    const [picture, sentence] = data.shots[figure.at];
    const fresh = document.createElement("figure");
    fresh.innerHTML = picture;
    if (figure.name === data.name && figure.firstChild) {
      morph(figure.firstChild, fresh.firstChild);
    } else {
      figure.replaceChildren(...fresh.childNodes);
    }
    figure.name = data.name;
    if (said.textContent !== sentence) said.textContent = sentence;
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    said.ariaLive = "polite";
  }

  const begun = figure.name === data.name;
  if (!begun) screen.remove("blank");
  if (data.pace && !begun && !still()) {
    said.ariaLive = "off";
    timer = setInterval(() => (figure.at < last ? draw(figure.at + 1) : stop()), data.pace);
    draw(0);
  } else {
    stop();
    draw(begun ? figure.at : data.pace ? last : 0);
  }

  figure.ariaLabel = data.alt;
  figure.classList.toggle("drags", data.drags);
  const drag = (event) => {
    if (!event.buttons || !data.drags) return;
    stop();
    const box = figure.firstChild.getBoundingClientRect();
    draw(Math.round((last * (event.clientX - box.x)) / (0.5 * box.width)));
  };
  const press = (event) => {
    if (event.key === "b" || event.key === ".") screen.toggle("blank");
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    stop();
    draw(figure.at + (event.key === "ArrowUp" ? 1 : -1));
    event.preventDefault();
  };
  figure.onpointerdown = (event) => {
    if (data.drags) figure.setPointerCapture(event.pointerId);
    drag(event);
  };
  figure.onpointermove = drag;
  document.addEventListener("keydown", press);
  figure.end = () => {
    clearInterval(timer);
    document.removeEventListener("keydown", press);
  };
  return figure.end;
}
