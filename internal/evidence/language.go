package evidence

func (b *builder) language() {}
