/** A button beside every block of code that copies it. */

// There is no clipboard where the page came unencrypted from another machine.
if (navigator.clipboard) {
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.className = "unseen";
  document.body.append(status);

  for (const code of document.querySelectorAll("pre")) {
    const button = document.createElement("button");
    const what = document.createElement("span");
    what.className = "unseen";
    what.textContent = " this code";
    const word = document.createElement("span");
    word.textContent = "Copy";
    button.type = "button";
    button.className = "copy";
    button.append(word, what);

    const block = document.createElement("div");
    block.className = "code";
    code.replaceWith(block);
    block.append(code, button);

    let timer;
    button.addEventListener("click", async () => {
      const copied = await navigator.clipboard.writeText(code.textContent.trimEnd()).then(
        () => true,
        () => false,
      );
      word.textContent = copied ? "Copied" : "Not copied";
      // Emptied first, so that the second time is announced too.
      status.textContent = "";
      requestAnimationFrame(() => (status.textContent = word.textContent));
      clearTimeout(timer);
      timer = setTimeout(() => (word.textContent = "Copy"), 2000);
    });
  }
}
