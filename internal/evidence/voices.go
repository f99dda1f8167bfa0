package evidence

func (b *builder) voices() {}
