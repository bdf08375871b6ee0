// Runs the vendor's component as its samples do: the element, start(token), and a promise that is kept with
// {resultId, digest} or broken with {livenessError, recognitionError}. Its files lie beside this page, where it
// looks for them. Only the page that frames this one is listened to.

const tell = (message) => parent.postMessage(message, location.origin);

function textOf(error) {
  const { livenessError, recognitionError } = error ?? {};
  const word = [livenessError, recognitionError].find((code) => code && code !== "None");
  return { error: String(word ?? "Unexpected"), message: error?.message ?? null };
}

async function run(token) {
  const element = document.createElement("azure-ai-vision-face-ui");
  document.getElementById("state").remove();
  document.getElementById("container").append(element);
  try {
    const { resultId, digest } = await element.start(token);
    tell({ result: { resultId, digest } });
  } catch (error) {
    tell(textOf(error));
  }
}

addEventListener("message", ({ source, origin, data }) => {
  if (source === parent && origin === location.origin && data.start) run(data.start);
});

try {
  await import("./face-ui/FaceLivenessDetector.js");
  tell({ ready: true });
} catch (error) {
  tell({ error: "EnvironmentNotSupported", message: `The component could not be loaded: ${error.message}` });
}
