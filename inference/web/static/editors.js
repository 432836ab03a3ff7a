/** Small forms in which types and abstract are corrected. Saving is "submit", cancelling is "reset". */

/** An editor of a sentence's types: boxes, reached by the keys 1 to 9 as well.
 *  @param {{types: {name: string, kind: string, definition: string}[], exclusive: ?string, several: boolean}} schema
 *  @param {string[]} current the types that the sentence has. */
export function typesEditor(schema, current, legend) {
  const form = newForm();
  const fieldset = document.createElement("fieldset");
  const heading = document.createElement("legend");
  heading.textContent = `${legend} – number keys choose, Enter saves, Esc cancels`;
  fieldset.append(heading);
  const boxes = schema.types.map((type, place) => {
    const label = document.createElement("label");
    label.title = type.definition;
    const box = document.createElement("input");
    Object.assign(box, { type: schema.several ? "checkbox" : "radio", name: "types", value: type.name });
    box.checked = current.includes(type.name);
    const key = document.createElement("kbd");
    key.textContent = place < 9 ? `${place + 1}` : "";
    label.append(box, " ", type.name, " ", key);
    fieldset.append(label);
    return box;
  });
  form.prepend(fieldset);

  function keepExclusive(changed) {
    if (!changed.checked || schema.exclusive === null) return;
    for (const box of boxes) {
      const clashes = (box.value === schema.exclusive) !== (changed.value === schema.exclusive);
      if (clashes) box.checked = false;
    }
  }

  fieldset.addEventListener("change", ({ target }) => keepExclusive(target));
  form.addEventListener("keydown", (event) => {
    const box = boxes[Number(event.key) - 1];
    if (box && !event.ctrlKey && !event.metaKey && !event.altKey) {
      box.checked = box.type === "radio" || !box.checked;
      box.focus();
      keepExclusive(box);
      event.preventDefault();
    } else if (event.key === "Enter" && event.target.matches("input")) {
      form.requestSubmit();
      event.preventDefault();
    }
  });

  const value = () => ({ types: boxes.filter((box) => box.checked).map((box) => box.value) });
  return {
    ...common(form),
    value,
    isChanged: () => value().types.join() !== current.join(),
    focus: () => (boxes.find((box) => box.checked) ?? boxes[0]).focus(),
  };
}

/** An editor of the abstract. */
export function abstractEditor(current) {
  const form = newForm();
  const label = document.createElement("label");
  label.textContent = "The abstract – Ctrl+Enter saves, Esc cancels";
  label.htmlFor = "abstract-text";
  const field = document.createElement("textarea");
  Object.assign(field, { id: "abstract-text", rows: 8, value: current, required: true, maxLength: 10_000, dir: "auto" });
  form.prepend(label, field);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  return {
    ...common(form),
    value: () => ({ text: field.value }),
    isChanged: () => field.value.trim() !== current.trim(),
    focus: () => field.focus(),
  };
}

function newForm() {
  const form = document.createElement("form");
  form.className = "editor";
  const buttons = document.createElement("div");
  buttons.className = "buttons";
  const save = Object.assign(document.createElement("button"), { textContent: "Save", className: "main" });
  const cancel = Object.assign(document.createElement("button"), { type: "reset", textContent: "Cancel" });
  buttons.append(save, cancel);
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.setAttribute("role", "alert");
  form.append(buttons, problem);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") form.reset();
  });
  return form;
}

function common(form) {
  return {
    form,
    tell: (message) => { form.querySelector(".problem").textContent = message; },
    setBusy: (isBusy) => { form.querySelector("button").disabled = isBusy; },
  };
}
