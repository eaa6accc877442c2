// The preview without leaving the page. The server makes it, by the same address as the plain button.

const form = document.querySelector("[data-challenge]");

form?.addEventListener("submit", async (event) => {
  if (event.submitter?.name !== "preview") return;
  event.preventDefault();
  const data = new FormData(form);
  data.set("preview", "1");
  try {
    const answer = await fetch(location.href, { method: "POST", body: data, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-preview]");
    if (!fresh) throw new Error("not the form");
    document.querySelector("[data-preview]").replaceWith(document.adoptNode(fresh));
    fresh.scrollIntoView({ block: "start" });
  } catch {
    // The plain way says what is wrong.
    const button = document.createElement("input");
    Object.assign(button, { type: "hidden", name: "preview", value: "1" });
    form.append(button);
    form.submit();
  }
});
