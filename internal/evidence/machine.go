package evidence

func (b *builder) machines() {}
