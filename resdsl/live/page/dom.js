// Elements are made from texts, never from HTML: nothing that a spec says becomes markup.

export const $ = (id) => document.getElementById(id);

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role" || key === "colspan" || key === "scope") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

// What is as it was stays in place, with its focus and where it is scrolled to.
export function show(place, ...children) {
  const before = [place.scrollLeft, place.scrollTop];
  place.replaceChildren(...children);
  [place.scrollLeft, place.scrollTop] = before;
}
