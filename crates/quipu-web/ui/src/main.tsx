document.title="Quipu"; export {};
