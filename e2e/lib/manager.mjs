// The owner of the demo's store, in the dashboard.

export class Manager {
  constructor(page, demo) {
    Object.assign(this, { page, demo });
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  field(name) {
    return this.page.getByRole('textbox', { name, exact: true });
  }

  heading(name) {
    return this.page.getByRole('heading', { level: 1, name });
  }

  async fillLogin(password = this.demo.owner.password) {
    await this.page.getByLabel('E-mail').fill(this.demo.owner.email);
    await this.page.getByLabel('Password').fill(password);
    await this.button('Log in').click();
  }

  async logIn() {
    await this.page.goto(this.demo.dashboardUrl);
    await this.fillLogin();
    await this.heading('Home').waitFor();
  }

  /** Goes to a room by the navigation. */
  async open(room) {
    await this.page.getByRole('navigation', { name: 'Dashboard' }).getByRole('link', { name: room }).click();
    await this.heading(room).waitFor();
  }

  /** The numbers of a player's orders. */
  async ordersOf(username) {
    await this.page.goto(`${this.demo.dashboardUrl}/demo/orders?player=${encodeURIComponent(username)}`);
    await this.heading('Orders').waitFor();
    return this.page.getByRole('link', { name: /^Order #?\d/ }).allTextContents();
  }

  async openOrder(number) {
    await this.open('Orders');
    await this.page.getByRole('link', { name: new RegExp(`^Order #?${number}$`) }).click();
    await this.heading(new RegExp(`^Order #?${number}$`)).waitFor();
  }

  get commands() {
    return this.page.getByRole('region', { name: 'Commands', exact: true });
  }
}
