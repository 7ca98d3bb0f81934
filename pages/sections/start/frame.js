export default function ({ parentElement, data, setStateValue }) {
  const part = (name) => parentElement.querySelector(`[data-part=${name}]`);
  const slider = part("width");
  const widest = data.frames.at(-1).size;
  const most = Math.max(...data.frames.map((frame) => frame.interior + frame.border));

  function paint(canvas, pixels, frame) {
    canvas.width = canvas.height = widest;
    const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
    const image = new ImageData(frame.size, frame.size);
    bytes.forEach((grey, i) => image.data.set([grey, grey, grey, 255], 4 * i));
    const outside = (widest - frame.size) / 2;
    canvas.getContext("2d").putImageData(image, outside, outside);
    // In pixels of the image, as shares of the canvas: the digit's own, and those with the frame.
    for (const [name, size] of [["own", data.frames[0].size], ["framed", frame.size]]) {
      const edge = `${(50 * (widest - size)) / widest}%`;
      canvas.parentElement.querySelector(`.${name}`).style.inset = edge;
    }
  }

  function draw() {
    const frame = data.frames[slider.value];
    for (const name of ["noisy", "output"]) {
      paint(part(name), frame[name], frame);
      part(name).ariaLabel = `${data.names[name]}, ${frame.size} × ${frame.size} pixels`;
    }
    part("counter").textContent = frame.counter;
    part("total").textContent = frame.total;
    part("label").textContent = frame.label;
    part("sentence").textContent = frame.sentence;
    for (const name of ["interior", "border"]) {
      part(name).style.width = `${(100 * frame[name]) / most}%`;
      part(name).style.background = data.colours[name];
    }
  }

  const before = data.frames[0].interior;
  part("before").style.left = `${(100 * before) / most}%`;
  parentElement.querySelectorAll(".own").forEach((own) => {
    own.style.borderColor = data.colours.border;
  });
  slider.max = data.frames.length - 1;
  if (slider.dataset.drawn === undefined) slider.value = data.width;
  slider.dataset.drawn = "";
  slider.oninput = draw;
  slider.onchange = () => setStateValue("width", Number(slider.value));
  for (const name of ["noisy", "output"]) {
    const canvas = part(name);
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId);
      canvas.onpointermove(event);
    };
    canvas.onpointermove = (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const box = canvas.getBoundingClientRect();
      const fromMiddle = Math.abs(event.clientX - box.x - box.width / 2);
      slider.value = Math.round((fromMiddle * widest) / box.width - data.frames[0].size / 2);
      draw();
    };
    canvas.onpointerup = () => slider.onchange();
  }
  draw();
}
